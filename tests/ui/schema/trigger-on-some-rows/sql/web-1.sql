INSERT INTO users (id, tenant, email) VALUES ($1, $2, $3);
