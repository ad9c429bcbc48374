CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL);
CREATE TABLE audit (id bigint, total numeric);
CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (id, total) VALUES (NEW.id, NEW.total);
  RETURN NEW;
END $$;
CREATE TRIGGER note_order BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_order();
