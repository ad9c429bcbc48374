SELECT id, email FROM users WHERE id = $1;
INSERT INTO users (id, name, email) VALUES ($1, $2, $3);
UPDATE users SET email = $2 WHERE id = $1;
