-- name: GetOrder :one
SELECT o.id, o.customer_id, coalesce(o.email, c.email) AS email, o.status, o.total_cents
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.id = $1;

-- name: CreateOrder :one
INSERT INTO orders (customer_id, email, total_cents)
VALUES ($1, $2, $3)
RETURNING id, created_at;

-- name: SetStatus :exec
UPDATE orders SET status = $2 WHERE id = $1;
