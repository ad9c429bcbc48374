CREATE TABLE orders (id bigint PRIMARY KEY, mail text NOT NULL, state text DEFAULT 'new');
