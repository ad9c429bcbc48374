INSERT INTO users (id, name, label) VALUES ($1, $2, 'x');
SELECT label FROM users WHERE id = $1;
