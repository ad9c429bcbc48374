SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN points int NOT NULL DEFAULT 0;
