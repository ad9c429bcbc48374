SET lock_timeout = '2s';
DROP EXTENSION pgcrypto;
DROP SEQUENCE receipts;
