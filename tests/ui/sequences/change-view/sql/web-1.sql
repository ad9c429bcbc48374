SELECT city, total FROM totals;
