DROP TRIGGER archive ON orders;
DROP FUNCTION archive();
