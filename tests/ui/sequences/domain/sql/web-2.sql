SELECT id, email FROM users WHERE id = $1;
INSERT INTO users (id) VALUES ($1);
