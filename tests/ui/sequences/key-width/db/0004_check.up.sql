SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT id_big_there CHECK (id_big IS NOT NULL) NOT VALID;
