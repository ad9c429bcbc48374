DROP SEQUENCE order_numbers_2;
