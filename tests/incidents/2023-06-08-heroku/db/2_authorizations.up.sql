SET lock_timeout = '2s';
CREATE TABLE authorizations (
  id bigint PRIMARY KEY,
  token_id integer REFERENCES tokens (id)
);
CREATE INDEX authorizations_token ON authorizations (token_id);
