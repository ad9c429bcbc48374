INSERT INTO users (id, points) VALUES ($1, 1);
