-- chaos/controls/bigserial_cursor.sql
-- The common mistake: writers number their own changes, before they commit. A reader that has passed a number never sees
-- what is committed below it later.
CREATE SEQUENCE chaos_number;
GRANT USAGE ON SEQUENCE chaos_number TO PUBLIC;
ALTER TABLE sync_touched ADD COLUMN number bigint NOT NULL DEFAULT nextval('chaos_number');

CREATE OR REPLACE FUNCTION sync_sequence(most integer, OUT looked_at integer, OUT is_part boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4712);
    WITH taken AS (
        DELETE FROM sync_touched RETURNING number, conversation_id
    ), touched AS (
        SELECT conversation_id, max(number) AS number FROM taken GROUP BY conversation_id
    ), fresh AS MATERIALIZED (
        SELECT b.* FROM touched CROSS JOIN LATERAL sync_bucketed(ARRAY[touched.conversation_id]) b
    ), known AS MATERIALIZED (
        SELECT h.* FROM touched JOIN sync_held h USING (conversation_id)
    ), written AS (
        INSERT INTO sync_held (conversation_id, owner_id, district_id, tier)
        SELECT conversation_id, owner_id, district_id, tier FROM fresh
        ON CONFLICT (conversation_id) DO UPDATE
            SET owner_id = excluded.owner_id, district_id = excluded.district_id, tier = excluded.tier
    ), entry AS (
        SELECT conversation_id, owner_id, NULL::bigint AS district_id, NULL::smallint AS tier FROM fresh
        UNION SELECT conversation_id, owner_id, NULL, NULL FROM known
        UNION SELECT conversation_id, NULL, district_id, tier FROM fresh
        UNION SELECT conversation_id, NULL, district_id, tier FROM known
    ), added AS (
        INSERT INTO sync_change (pos, conversation_id, owner_id, district_id, tier, at)
        SELECT touched.number * 4 + row_number() OVER (PARTITION BY conversation_id) - 1,
               conversation_id, owner_id, entry.district_id, tier, clock_timestamp()
        FROM entry JOIN touched USING (conversation_id)
    )
    SELECT count(*) INTO looked_at FROM touched;
    is_part := false;
END $$;
