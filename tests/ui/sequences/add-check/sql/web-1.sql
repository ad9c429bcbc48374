SELECT id, price FROM items;
INSERT INTO items (id, price) VALUES ($1, $2);
