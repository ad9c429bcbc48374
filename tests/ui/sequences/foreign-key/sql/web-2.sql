SELECT body FROM notes WHERE user_id = $1;
INSERT INTO notes (id, body) VALUES ($1, $2);
SELECT name FROM users WHERE id = $1;
