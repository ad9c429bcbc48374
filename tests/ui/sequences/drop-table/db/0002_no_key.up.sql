SET lock_timeout = '2s';
ALTER TABLE notes DROP CONSTRAINT notes_user;
