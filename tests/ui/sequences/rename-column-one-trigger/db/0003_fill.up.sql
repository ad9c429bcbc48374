UPDATE users SET mail = email WHERE mail IS NULL AND id < 100000;
