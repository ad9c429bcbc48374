SET lock_timeout = '2s';
CREATE SCHEMA v1;
CREATE VIEW v1.users AS SELECT id, email FROM public.users;
