CREATE TABLE users (id bigint PRIMARY KEY, points int NOT NULL DEFAULT 0);
