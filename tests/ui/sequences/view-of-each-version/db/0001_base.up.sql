CREATE SCHEMA v1;
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE VIEW v1.users AS SELECT id, email FROM public.users;
