-- irreversible: the addresses are gone
ALTER TABLE orders ADD COLUMN mail text;
