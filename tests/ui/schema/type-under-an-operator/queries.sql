SELECT id FROM orders WHERE email LIKE 'a%';
SELECT id FROM orders ORDER BY email;
