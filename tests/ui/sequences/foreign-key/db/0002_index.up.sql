CREATE INDEX CONCURRENTLY notes_user ON notes (user_id);
