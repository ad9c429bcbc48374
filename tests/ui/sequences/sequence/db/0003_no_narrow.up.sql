SET lock_timeout = '2s';
DROP SEQUENCE order_numbers;
