SELECT id FROM logs WHERE day = $1;
INSERT INTO logs (id, day) VALUES ($1, $2);
