-- The feed is numbered in steps: a pull takes one, whatever was stored before it.

DROP FUNCTION sync_sequence();

-- Turn what was touched first into entries with positions.
-- :most  rows of sync_touched to take, at most
-- Returns how many conversations were looked at, and whether there may be more.
-- Callers wait for each other, and the lock is held until the commit: what one wrote is visible before the next begins, so
-- positions only grow at the top. VOLATILE: each statement in it sees what was committed before the statement, and so at
-- least the writes behind each row of sync_touched that it takes. sync_pos has CACHE 1: no session keeps numbers for later.
-- Who had to wait, where more than a step is left, leaves it to later: many pulls at once do not queue for a step each.
-- Entries of a step follow each other as the conversations were touched, those of one conversation in a row.
CREATE FUNCTION sync_sequence(most integer, OUT looked_at integer, OUT is_part boolean)
LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    ids uuid[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(4712) THEN
        PERFORM pg_advisory_xact_lock(4712);
        IF (SELECT count(*) FROM (SELECT FROM sync_touched LIMIT most) AS waiting) = most THEN
            looked_at := 0;
            is_part := true;
            RETURN;
        END IF;
    END IF;
    WITH taken AS (
        DELETE FROM sync_touched t
        USING (SELECT id FROM sync_touched ORDER BY id LIMIT most) AS oldest
        WHERE t.id = oldest.id
        RETURNING t.id, t.conversation_id
    ), touched AS (
        SELECT conversation_id, min(id) AS first, count(*) AS times FROM taken GROUP BY conversation_id
    )
    SELECT array_agg(conversation_id ORDER BY first), coalesce(sum(times), 0) = most INTO ids, is_part FROM touched;
    looked_at := coalesce(cardinality(ids), 0);
    IF looked_at = 0 THEN
        RETURN;
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
    SELECT nextval('sync_pos'), conversation_id, owner_id, district_id, tier, clock_timestamp()
    FROM (
        SELECT entry.* FROM entry JOIN unnest(ids) WITH ORDINALITY AS asked (id, number) ON asked.id = entry.conversation_id
        ORDER BY asked.number
    ) AS in_order;
END $$;
