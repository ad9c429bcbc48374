DROP TABLE legacy_sites;
DROP TABLE apps;
