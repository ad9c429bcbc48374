ALTER TABLE payments ADD CONSTRAINT payments_mandate FOREIGN KEY (mandate_id) REFERENCES mandates (id);
