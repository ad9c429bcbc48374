SELECT u.name, a.street, a.city FROM users u LEFT JOIN addresses a ON a.user_id = u.id WHERE u.id = $1;
INSERT INTO users (id, name) VALUES ($1, $2);
INSERT INTO addresses (user_id, street, city) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET street = excluded.street, city = excluded.city;
