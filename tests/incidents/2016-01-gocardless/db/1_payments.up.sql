CREATE TABLE mandates (id bigint PRIMARY KEY);
CREATE TABLE payments (id bigint PRIMARY KEY, mandate_id bigint NOT NULL);
