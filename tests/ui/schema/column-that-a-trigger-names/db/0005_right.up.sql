SET lock_timeout = '2s';
ALTER TABLE users RENAME COLUMN phone TO mobile;
DROP TRIGGER called ON users;
ALTER TABLE users DROP COLUMN mobile;
ALTER TABLE users DROP COLUMN email CASCADE;
