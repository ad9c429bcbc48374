DROP FUNCTION tax_2(bigint, bigint);
