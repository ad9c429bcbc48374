SELECT id, price, tax FROM items;
INSERT INTO items (id, price, tax) VALUES ($1, $2, $3);
