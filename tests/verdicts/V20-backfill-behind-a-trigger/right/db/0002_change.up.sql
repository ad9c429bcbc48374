SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN label text;
CREATE FUNCTION fill_label() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := NEW.name; RETURN NEW; END $$;
CREATE TRIGGER sync BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill_label();
