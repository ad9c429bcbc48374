CREATE TABLE items (id bigint PRIMARY KEY, price integer NOT NULL, tax integer NOT NULL);
