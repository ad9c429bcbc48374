DROP TABLE sites;
DROP TABLE legacy_sites;
DROP TABLE apps;
