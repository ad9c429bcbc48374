SET lock_timeout = '2s';
CREATE TABLE logs_2027 (id bigint NOT NULL, day date NOT NULL, CONSTRAINT in_2027 CHECK (day >= '2027-01-01' AND day < '2028-01-01'));
