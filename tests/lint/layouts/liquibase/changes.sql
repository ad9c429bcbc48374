--liquibase formatted sql

--changeset ann:1
CREATE TABLE carts (id bigint PRIMARY KEY, note text);
--rollback DROP TABLE carts;

--changeset ann:2
SET lock_timeout = '2s';
ALTER TABLE carts DROP COLUMN note;
--rollback ALTER TABLE carts
--rollback ADD COLUMN notes text;
