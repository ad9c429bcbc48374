SELECT city, orders, total FROM totals;
