SELECT id, email FROM users WHERE email = $1;
INSERT INTO users (id, name) VALUES ($1, $2);
