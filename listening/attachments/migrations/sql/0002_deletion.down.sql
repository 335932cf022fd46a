DROP TRIGGER attachments_follow ON records_conversation;
DROP FUNCTION attachments_follow_conversation();
