CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team bigint);
CREATE INDEX users_team_index ON users (team);
