-- name: GetOrder :one
SELECT o.id, o.customer_id, c.email, o.status, o.total_cents, o.gift_note
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.id = $1;

-- name: CreateOrder :one
INSERT INTO orders (customer_id, total_cents, gift_note)
VALUES ($1, $2, $3)
RETURNING id, created_at;

-- name: SetStatus :exec
UPDATE orders SET status = $2 WHERE id = $1;
