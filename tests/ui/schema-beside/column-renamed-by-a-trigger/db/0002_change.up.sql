SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN mail text;
CREATE FUNCTION both_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.mail IS NULL THEN
    NEW.mail := NEW.email;
  ELSIF NEW.email IS NULL THEN
    NEW.email := NEW.mail;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER both_names BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION both_names();
