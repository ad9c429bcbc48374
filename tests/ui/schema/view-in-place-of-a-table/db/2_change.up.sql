SET lock_timeout = '2s';
ALTER TABLE orders RENAME TO purchases;
CREATE VIEW orders AS SELECT id, total + 0 AS total FROM purchases WHERE total > 0;
