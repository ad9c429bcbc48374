-- name: GetCustomer :one
SELECT id, name, email FROM customers WHERE id = $1;
