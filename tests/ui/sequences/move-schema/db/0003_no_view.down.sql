SET lock_timeout = '2s';
CREATE VIEW public.orders AS SELECT id, total FROM sales.orders;
