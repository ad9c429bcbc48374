SET lock_timeout = '2s';
ALTER TABLE logs DETACH PARTITION logs_2027;
