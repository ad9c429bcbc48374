INSERT INTO users (id, state) VALUES ($1, 'open');
