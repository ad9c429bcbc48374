SET lock_timeout = '2s';
CREATE SCHEMA v2;
CREATE VIEW v2.users AS SELECT id, email AS mail FROM public.users;
