-- what a pull request adds, without what it stands on
SET lock_timeout = '2s';
CREATE TABLE visits (id bigint PRIMARY KEY, page text);
ALTER TABLE orders ADD COLUMN visit_id bigint REFERENCES visits (id);
DO $$ BEGIN
  CREATE TYPE mood AS ENUM ('good', 'bad');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$ BEGIN
  EXECUTE format('ALTER TABLE visits ADD COLUMN mood_%s mood', 1);
END $$;
