SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN the_number_of_days_that_a_customer_may_wait_before_the_order_is_cancelled_by_them;
