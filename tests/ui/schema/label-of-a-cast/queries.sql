SELECT id FROM orders WHERE state = 'done'::state;
SELECT id, state FROM orders;
