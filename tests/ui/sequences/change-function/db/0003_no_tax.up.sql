SET lock_timeout = '2s';
DROP FUNCTION tax(bigint);
