CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE archive (id bigint, total numeric, email text);
