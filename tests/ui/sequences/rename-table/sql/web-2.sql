SELECT id, name FROM people WHERE id = $1;
INSERT INTO people (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING;
UPDATE people SET name = $2 WHERE id = $1;
DELETE FROM people WHERE id = $1;
