-- rollups/sql/refill_tallies.sql
-- Count a batch of conversations in the epochs that there are, and no longer in those that there are not.
-- :after   id of the last conversation of the batch before; null for the first     :most   conversations of a batch
-- Returns the last id of the batch; null when there was none. Locks: the tallies of the batch.
WITH batch AS MATERIALIZED (
    SELECT t.conversation_id AS id,
           (SELECT array_agg(key::integer ORDER BY key::integer) FROM jsonb_object_keys(t.elsewhere) AS key)
               IS DISTINCT FROM (SELECT array_agg(id ORDER BY id) FROM rollups_epoch) AS is_stale
    FROM rollups_tally t
    WHERE %(after)s::uuid IS NULL OR t.conversation_id > %(after)s::uuid
    ORDER BY t.conversation_id LIMIT %(most)s
), refilled AS MATERIALIZED (
    SELECT rollups_refresh((SELECT array_agg(id) FROM batch WHERE is_stale)) AS done
)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) FROM refilled
