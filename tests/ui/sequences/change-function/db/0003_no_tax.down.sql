CREATE FUNCTION tax(amount bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT amount / 10 $$;
