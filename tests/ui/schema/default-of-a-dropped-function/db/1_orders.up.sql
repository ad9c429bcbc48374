CREATE FUNCTION code() RETURNS text LANGUAGE sql AS $$ SELECT md5(random()::text) $$;
CREATE TABLE orders (id bigint PRIMARY KEY, code text NOT NULL DEFAULT code());
