SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN mail text;
CREATE FUNCTION users_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.mail IS NULL THEN
    NEW.mail := NEW.email;
  ELSIF NEW.email IS NULL THEN
    NEW.email := NEW.mail;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER users_mail BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION users_mail();
