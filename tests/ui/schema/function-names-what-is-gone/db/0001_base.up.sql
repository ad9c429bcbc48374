CREATE TABLE orders (id bigint PRIMARY KEY, email text);
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE FUNCTION address(order_id bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT email FROM orders WHERE id = order_id);
END $$;
CREATE FUNCTION address_of_user(user_id bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT email FROM users WHERE id = user_id);
END $$;
