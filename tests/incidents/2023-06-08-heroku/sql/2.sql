INSERT INTO tokens (id) VALUES ($1);
INSERT INTO authorizations (id, token_id) VALUES ($1, $2);
