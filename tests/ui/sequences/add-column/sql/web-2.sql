SELECT id, name, email, phone FROM users WHERE id = $1;
INSERT INTO users (id, name, email, phone) VALUES ($1, $2, $3, $4);
