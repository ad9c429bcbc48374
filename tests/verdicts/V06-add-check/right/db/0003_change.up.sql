SET lock_timeout = '2s';
ALTER TABLE notes ADD CONSTRAINT notes_length CHECK (length(body) < 1000);
