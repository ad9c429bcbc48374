CREATE TABLE b (id int);
ALTRE TABLE a ADD b int;
