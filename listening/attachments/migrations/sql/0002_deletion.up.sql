-- What belongs to a conversation goes with it, in the same transaction, whoever deletes it and by what means.
-- There is no foreign key that could: an attachment may come before its conversation.
CREATE FUNCTION attachments_follow_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH left_alone AS (
        SELECT a.id
        FROM attachments_attachment a
        JOIN gone ON gone.id = a.conversation_id AND gone.listener_id = a.announced_by_id
    ), chunks AS (
        DELETE FROM attachments_chunk c USING left_alone WHERE c.attachment_id = left_alone.id
    )
    DELETE FROM attachments_attachment a USING left_alone WHERE a.id = left_alone.id;
    RETURN NULL;
END $$;

CREATE TRIGGER attachments_follow AFTER DELETE ON records_conversation
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attachments_follow_conversation();
