SELECT id, mail FROM users WHERE id = $1;
INSERT INTO users (id, name, email, mail) VALUES ($1, $2, $3, $3);
