SELECT id, email FROM users WHERE email = $1;
INSERT INTO users (id, name, email) VALUES ($1, $2, $3);
