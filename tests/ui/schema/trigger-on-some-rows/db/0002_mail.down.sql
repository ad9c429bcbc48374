SET lock_timeout = '2s';
DROP TRIGGER fill_mail ON users;
DROP FUNCTION fill_mail();
ALTER TABLE users DROP COLUMN mail;
