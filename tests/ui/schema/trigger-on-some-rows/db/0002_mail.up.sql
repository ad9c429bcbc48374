SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN mail text;
CREATE FUNCTION fill_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.mail := NEW.email;
  RETURN NEW;
END $$;
CREATE TRIGGER fill_mail BEFORE INSERT OR UPDATE ON users FOR EACH ROW WHEN (NEW.tenant = 7) EXECUTE FUNCTION fill_mail();
