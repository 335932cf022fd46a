-- records/sql/redistrict.sql
-- Assign a batch of conversations, and their findings, to the districts of the editions valid today. Points are located
-- anew; a named district is followed to its heir: the one with the largest part of it. What a conversation named first is
-- kept, so that an older map finds it where it was.
-- :after   id of the last conversation of the batch before; null for the first     :most   conversations of a batch
-- Only rows that change are written; the triggers of the rollups move their counts. A conversation whose place changed
-- gets a new version, so that clients fetch it. Returns (last id or null, conversations, findings moved).
-- Locks: the rows it changes.
WITH today AS MATERIALIZED (
    SELECT editions, base_edition FROM districts_editions_today
), batch AS MATERIALIZED (
    SELECT c.id, c.place, c.location, c.district_id, coalesce(c.named_district_id, c.district_id) AS named
    FROM records_conversation c
    WHERE %(after)s::uuid IS NULL OR c.id > %(after)s::uuid
    ORDER BY c.id LIMIT %(most)s
), conversation_moves AS MATERIALIZED (
    SELECT b.id, b.named, CASE b.place WHEN 'point' THEN districts_locate_in(b.location, today.base_edition)
                               ELSE districts_heir_in(b.named, today.editions) END AS district_id
    FROM batch b CROSS JOIN today
    WHERE b.place IN ('point', 'district')
), moved_conversation AS (
    UPDATE records_conversation c
    SET district_id = m.district_id, version = c.version + 1, updated_at = now(),
        named_district_id = CASE c.place WHEN 'district' THEN m.named END
    FROM conversation_moves m WHERE m.id = c.id AND c.district_id IS DISTINCT FROM m.district_id
    RETURNING c.id
), finding_moves AS MATERIALIZED (
    SELECT f.id, CASE f.place WHEN 'point' THEN districts_locate_in(f.location, today.base_edition)
                      ELSE districts_heir_in(f.district_id, today.editions) END AS district_id
    FROM batch b JOIN records_finding f ON f.conversation_id = b.id CROSS JOIN today
    WHERE f.place IN ('point', 'district')
), moved_finding AS (
    UPDATE records_finding f SET district_id = m.district_id
    FROM finding_moves m WHERE m.id = f.id AND f.district_id IS DISTINCT FROM m.district_id
    RETURNING f.id
)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1),
       (SELECT count(*) FROM moved_conversation), (SELECT count(*) FROM moved_finding)
