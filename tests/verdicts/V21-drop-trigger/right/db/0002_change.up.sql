SET lock_timeout = '2s';
DROP TRIGGER sync ON users;
