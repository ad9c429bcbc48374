SELECT name, street, city FROM users WHERE id = $1;
INSERT INTO users (id, name, street, city) VALUES ($1, $2, $3, $4);
