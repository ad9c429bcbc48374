SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN mail text;
CREATE FUNCTION users_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.mail := coalesce(NEW.mail, NEW.email);
    NEW.email := coalesce(NEW.email, NEW.mail);
  ELSIF NEW.email IS DISTINCT FROM OLD.email THEN
    NEW.mail := NEW.email;
  ELSE
    NEW.email := NEW.mail;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER users_mail BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION users_mail();
