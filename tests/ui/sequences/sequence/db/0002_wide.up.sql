SET lock_timeout = '2s';
CREATE SEQUENCE order_numbers_2 AS bigint START WITH 3000000000;
