ALTER TABLE notes DROP CONSTRAINT body_there;
DROP INDEX notes_user;
