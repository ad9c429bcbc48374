SET lock_timeout = '2s';
CREATE FUNCTION tax_2(amount bigint, rate bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT amount * rate / 100 $$;
