UPDATE orders SET mail = email WHERE mail IS NULL;
