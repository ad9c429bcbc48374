CREATE INDEX notes_user ON notes (user_id);
ALTER TABLE notes ADD CONSTRAINT body_there CHECK (body <> '');
