SET lock_timeout = '2s';
ALTER TABLE orders SET SCHEMA sales;
CREATE VIEW public.orders AS SELECT id, total FROM sales.orders;
