DROP TRIGGER records_forget_name ON records_conversation;
DROP FUNCTION records_forget_name();
