SELECT body FROM notes WHERE user_id = $1;
INSERT INTO notes (id, user_id, body) VALUES ($1, $2, 'x');
