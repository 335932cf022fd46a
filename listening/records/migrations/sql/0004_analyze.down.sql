DROP FUNCTION records_analyze();
