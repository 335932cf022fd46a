DROP TRIGGER fieldwork_end_sessions ON fieldwork_user;
DROP FUNCTION fieldwork_end_sessions();
