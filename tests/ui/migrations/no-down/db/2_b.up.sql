SET lock_timeout = '2s';
ALTER TABLE a ADD COLUMN b int;
