SET lock_timeout = '2s';
CREATE TABLE addresses (user_id bigint PRIMARY KEY REFERENCES users (id), street text, city text);
CREATE FUNCTION copy_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO addresses (user_id, street, city) VALUES (NEW.id, NEW.street, NEW.city)
    ON CONFLICT (user_id) DO UPDATE SET street = excluded.street, city = excluded.city;
  RETURN NULL;
END $$;
CREATE TRIGGER copy_address AFTER INSERT OR UPDATE OF street, city ON users FOR EACH ROW
  WHEN (NEW.street IS NOT NULL OR NEW.city IS NOT NULL) EXECUTE FUNCTION copy_address();
