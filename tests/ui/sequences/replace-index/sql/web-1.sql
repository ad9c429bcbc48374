SELECT id FROM orders WHERE state = $1;
