DROP FUNCTION sync_sequence(integer);

CREATE FUNCTION sync_sequence() RETURNS bigint LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    ids uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(4712);
    WITH taken AS (
        DELETE FROM sync_touched t
        USING (SELECT id FROM sync_touched ORDER BY id LIMIT 5000) AS oldest
        WHERE t.id = oldest.id
        RETURNING t.conversation_id
    )
    SELECT array_agg(DISTINCT conversation_id) INTO ids FROM taken;
    IF ids IS NULL THEN
        RETURN 0;
    END IF;
    WITH fresh AS MATERIALIZED (
        SELECT * FROM sync_bucketed(ids)
    ), known AS MATERIALIZED (
        SELECT h.* FROM unnest(ids) AS asked (id) JOIN sync_held h ON h.conversation_id = asked.id
    ), written AS (
        INSERT INTO sync_held (conversation_id, owner_id, district_id, tier)
        SELECT conversation_id, owner_id, district_id, tier FROM fresh
        ON CONFLICT (conversation_id) DO UPDATE
            SET owner_id = excluded.owner_id, district_id = excluded.district_id, tier = excluded.tier
    ), forgotten AS (
        DELETE FROM sync_held h USING known
        WHERE h.conversation_id = known.conversation_id
          AND NOT EXISTS (SELECT FROM fresh WHERE fresh.conversation_id = known.conversation_id)
    ), entry AS (
        SELECT conversation_id, owner_id, NULL::bigint AS district_id, NULL::smallint AS tier FROM fresh
        UNION
        SELECT conversation_id, owner_id, NULL, NULL FROM known
        UNION
        SELECT conversation_id, NULL, district_id, tier FROM fresh
        UNION
        SELECT conversation_id, NULL, district_id, tier FROM known
    )
    INSERT INTO sync_change (pos, conversation_id, owner_id, district_id, tier, at)
    SELECT nextval('sync_pos'), conversation_id, owner_id, district_id, tier, clock_timestamp() FROM entry;
    RETURN cardinality(ids);
END $$;
