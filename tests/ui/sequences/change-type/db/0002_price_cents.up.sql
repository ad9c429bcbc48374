SET lock_timeout = '2s';
ALTER TABLE items ADD COLUMN price_cents integer;
CREATE FUNCTION both_prices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.price_cents IS NULL THEN
    NEW.price_cents := NEW.price::integer;
  END IF;
  IF NEW.price IS NULL THEN
    NEW.price := NEW.price_cents::text;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER both_prices BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION both_prices();
