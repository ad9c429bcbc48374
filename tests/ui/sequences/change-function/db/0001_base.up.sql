CREATE TABLE orders (id bigint PRIMARY KEY, total bigint NOT NULL);
CREATE FUNCTION tax(amount bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT amount / 10 $$;
