SELECT id, name FROM users WHERE id = $1;
INSERT INTO users (id, name) VALUES ($1, $2);
