SET lock_timeout = '2s';
DROP TRIGGER users_mail ON users;
DROP FUNCTION users_mail();
ALTER TABLE users DROP COLUMN email;
