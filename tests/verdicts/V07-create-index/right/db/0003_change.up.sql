SET lock_timeout = '2s';
CREATE INDEX notes_body ON notes (body);
