CREATE UNIQUE INDEX CONCURRENTLY totals_2_city ON totals_2 (city);
