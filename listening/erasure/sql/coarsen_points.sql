-- erasure/sql/coarsen_points.sql
-- Leave of exact places the district, or nothing where they lay outside of every one; returns how many conversations.
-- :before   received before this instant      :now   becomes updated_at
-- Counts stay: they follow the district, which stays. Locks: the rows of the conversations, in id order.
WITH over AS MATERIALIZED (
    SELECT c.id FROM records_conversation c
    WHERE c.received_at < %(before)s
      AND (c.place = 'point'
           OR EXISTS (SELECT FROM records_finding f WHERE f.conversation_id = c.id AND f.place = 'point'))
      AND NOT EXISTS (SELECT FROM erasure_hold h WHERE h.conversation_id = c.id)
    ORDER BY c.id FOR UPDATE OF c
), finding AS (
    UPDATE records_finding f
    SET place = CASE WHEN f.district_id IS NULL THEN 'none' ELSE 'district' END, location = NULL, accuracy_m = NULL
    FROM over WHERE f.conversation_id = over.id AND f.place = 'point'
), conversation AS (
    UPDATE records_conversation c
    SET place = CASE WHEN c.place <> 'point' THEN c.place WHEN c.district_id IS NULL THEN 'none' ELSE 'district' END,
        location = NULL, accuracy_m = NULL, version = version + 1, updated_at = %(now)s
    FROM over WHERE c.id = over.id
    RETURNING c.id
)
SELECT count(*) FROM conversation
