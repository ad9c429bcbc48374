SELECT id, name, coalesce(country, 'KR') AS country FROM users WHERE id = $1;
INSERT INTO users (id, name, country) VALUES ($1, $2, coalesce($3, 'KR'));
UPDATE users SET country = coalesce($2, 'KR') WHERE id = $1;
