BEGIN;
-- nothing to take back
select 1;
COMMIT;
