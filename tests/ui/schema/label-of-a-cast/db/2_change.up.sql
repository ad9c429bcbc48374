SET lock_timeout = '2s';
ALTER TYPE state RENAME VALUE 'done' TO 'closed';
