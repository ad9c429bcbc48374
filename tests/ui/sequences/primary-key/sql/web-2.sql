SELECT code FROM users WHERE code = $1;
