SET lock_timeout = '2s';
ALTER DOMAIN email DROP CONSTRAINT has_at;
