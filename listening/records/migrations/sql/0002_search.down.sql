DROP INDEX records_conversation_search;
DROP INDEX records_finding_search;
DROP FUNCTION records_fold(text);
