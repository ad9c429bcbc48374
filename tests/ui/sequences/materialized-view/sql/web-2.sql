SELECT city, orders, total FROM totals_2;
