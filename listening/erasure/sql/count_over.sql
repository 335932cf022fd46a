-- erasure/sql/count_over.sql
-- How much has had its time. One row: (with a text, with an exact place, held). Records that go as a whole are left out.
-- :text, :point, :record   instants before which a conversation was received
SELECT count(*) FILTER (WHERE h.conversation_id IS NULL AND c.received_at >= %(record)s AND c.received_at < %(text)s AND (
           c.summary <> '' OR EXISTS (SELECT FROM records_finding f WHERE f.conversation_id = c.id AND f.text <> '')
           OR EXISTS (SELECT FROM sync_clash k WHERE k.conversation_id = c.id))),
       count(*) FILTER (WHERE h.conversation_id IS NULL AND c.received_at >= %(record)s AND c.received_at < %(point)s AND (
           c.place = 'point' OR EXISTS (SELECT FROM records_finding f WHERE f.conversation_id = c.id AND f.place = 'point'))),
       count(*) FILTER (WHERE h.conversation_id IS NOT NULL)
FROM records_conversation c
LEFT JOIN erasure_hold h ON h.conversation_id = c.id
WHERE c.received_at < greatest(%(text)s, %(point)s, %(record)s)
