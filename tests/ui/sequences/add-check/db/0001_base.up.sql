CREATE TABLE items (id bigint PRIMARY KEY, price integer NOT NULL);
