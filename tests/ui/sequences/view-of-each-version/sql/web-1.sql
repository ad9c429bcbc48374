SELECT id, email FROM v1.users WHERE id = $1;
UPDATE v1.users SET email = $2 WHERE id = $1;
