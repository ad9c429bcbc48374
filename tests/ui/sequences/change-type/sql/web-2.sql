SELECT id, price_cents FROM items WHERE price_cents > 0;
INSERT INTO items (id, price_cents) VALUES ($1, coalesce($2, 0));
