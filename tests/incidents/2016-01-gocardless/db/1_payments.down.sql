DROP TABLE payments;
DROP TABLE mandates;
