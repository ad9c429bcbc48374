SELECT id, mail FROM users WHERE id = $1;
INSERT INTO users (id, name, mail) VALUES ($1, $2, $3);
