CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), label text);
CREATE FUNCTION fill_label() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := NEW.name; RETURN NEW; END $$;
CREATE TRIGGER sync BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill_label();
