CREATE TABLE mandates (id bigint PRIMARY KEY);
CREATE TABLE payments (id bigint PRIMARY KEY, mandate_id bigint NOT NULL);
CREATE INDEX payments_of_mandate ON payments (mandate_id);
