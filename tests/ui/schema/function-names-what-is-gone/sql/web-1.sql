SELECT address($1), address_of_user($2);
