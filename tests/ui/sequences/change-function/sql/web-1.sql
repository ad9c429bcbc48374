SELECT id, tax(total) AS tax FROM orders WHERE id = $1;
