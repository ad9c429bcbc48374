SET lock_timeout = '2s';
DELETE FROM sites;
DROP TABLE legacy_sites;
