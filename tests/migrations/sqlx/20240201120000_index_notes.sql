-- no-transaction
CREATE INDEX CONCURRENTLY notes_body ON notes (body);
