SELECT id, name, country FROM users WHERE id = $1;
INSERT INTO users (id, name, country) VALUES ($1, $2, $3);
