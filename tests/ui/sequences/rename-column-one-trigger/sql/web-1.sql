SELECT id, email FROM users WHERE id = $1;
INSERT INTO users (id, name, email) VALUES ($1, $2, $3);
