INSERT INTO tokens (id) VALUES ($1);
