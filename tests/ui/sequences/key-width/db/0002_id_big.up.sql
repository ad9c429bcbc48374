SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN id_big bigint;
CREATE FUNCTION orders_id_big() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.id_big := NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_id_big BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_id_big();
