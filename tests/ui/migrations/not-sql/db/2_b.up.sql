UPDATE a SET b = 'open;
