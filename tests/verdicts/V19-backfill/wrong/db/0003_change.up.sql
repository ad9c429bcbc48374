UPDATE users SET label = name WHERE label IS NULL;
