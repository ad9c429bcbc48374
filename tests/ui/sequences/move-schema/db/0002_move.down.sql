SET lock_timeout = '2s';
DROP VIEW public.orders;
ALTER TABLE sales.orders SET SCHEMA public;
