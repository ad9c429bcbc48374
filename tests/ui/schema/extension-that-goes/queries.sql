SELECT crypt($1, $2);
SELECT nextval('receipts');
