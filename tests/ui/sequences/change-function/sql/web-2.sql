SELECT id, tax_2(total, 10) AS tax FROM orders WHERE id = $1;
