CREATE TABLE apps (id bigint PRIMARY KEY);
CREATE TABLE legacy_sites (id bigint PRIMARY KEY, app_id bigint);
CREATE TABLE sites (id bigint PRIMARY KEY, app_id bigint);
