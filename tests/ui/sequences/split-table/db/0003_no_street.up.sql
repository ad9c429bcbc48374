SET lock_timeout = '2s';
DROP TRIGGER copy_address ON users;
DROP FUNCTION copy_address();
ALTER TABLE users DROP COLUMN street, DROP COLUMN city;
