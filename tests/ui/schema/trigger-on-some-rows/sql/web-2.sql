SELECT id, mail FROM users;
