-- erasure/sql/shorten_texts.sql
-- Empty the texts of conversations that have had their time, and delete the two sides of their clashes; returns how many.
-- :before   received before this instant      :now   becomes updated_at: phones pull what is left
-- Locks: the rows of the conversations, in id order.
WITH over AS MATERIALIZED (
    SELECT c.id FROM records_conversation c
    WHERE c.received_at < %(before)s
      AND (c.summary <> '' OR EXISTS (SELECT FROM records_finding f WHERE f.conversation_id = c.id AND f.text <> '')
           OR EXISTS (SELECT FROM sync_clash k WHERE k.conversation_id = c.id))
      AND NOT EXISTS (SELECT FROM erasure_hold h WHERE h.conversation_id = c.id)
    ORDER BY c.id FOR UPDATE OF c
), clash AS (
    DELETE FROM sync_clash k USING over WHERE k.conversation_id = over.id
), finding AS (
    UPDATE records_finding f SET text = '' FROM over WHERE f.conversation_id = over.id AND f.text <> ''
), conversation AS (
    UPDATE records_conversation c SET summary = '', version = version + 1, updated_at = %(now)s
    FROM over WHERE c.id = over.id
    RETURNING c.id
)
SELECT count(*) FROM conversation
