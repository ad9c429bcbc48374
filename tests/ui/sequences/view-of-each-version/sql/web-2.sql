SELECT id, mail FROM v2.users WHERE id = $1;
UPDATE v2.users SET mail = $2 WHERE id = $1;
