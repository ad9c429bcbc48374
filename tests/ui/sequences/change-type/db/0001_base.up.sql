CREATE TABLE items (id bigint PRIMARY KEY, price text NOT NULL);
