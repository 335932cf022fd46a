-- The change feed is kept by the database: every path to the records, also bulk SQL and re-districting, is seen.
-- Writers only note what they touched; in which buckets it lies is found out after they committed, by sync_sequence.

CREATE FUNCTION sync_touch(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sync_touched (conversation_id) SELECT unnest(ids)
$$;

CREATE FUNCTION sync_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM sync_touch((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM sync_touch((SELECT array_agg(id) FROM new_rows));
    END IF;
    RETURN NULL;
END $$;

-- A change of a finding comes with a new version of its conversation; re-districting alone does not.
CREATE FUNCTION sync_on_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sync_touch((
        SELECT array_agg(DISTINCT n.conversation_id) FROM new_rows n JOIN old_rows o USING (id)
        WHERE n.district_id IS DISTINCT FROM o.district_id));
    RETURN NULL;
END $$;

-- Only a sensitive theme changes the tier; the new version of the conversation is noted by itself.
CREATE FUNCTION sync_on_finding_theme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        PERFORM sync_touch((
            SELECT array_agg(DISTINCT f.conversation_id)
            FROM new_rows n JOIN records_finding f ON f.id = n.finding_id
            JOIN codelists_theme t ON t.id = n.theme_id LEFT JOIN codelists_theme above ON above.id = t.parent_id
            WHERE t.sensitivity <> 'normal' OR above.sensitivity <> 'normal'));
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM sync_touch((
            SELECT array_agg(DISTINCT f.conversation_id)
            FROM old_rows o JOIN records_finding f ON f.id = o.finding_id
            JOIN codelists_theme t ON t.id = o.theme_id LEFT JOIN codelists_theme above ON above.id = t.parent_id
            WHERE t.sensitivity <> 'normal' OR above.sensitivity <> 'normal'));
    END IF;
    RETURN NULL;
END $$;

-- A theme that becomes more or less sensitive, or comes under another parent, moves conversations to another tier.
CREATE FUNCTION sync_on_theme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sync_touch((
        SELECT array_agg(DISTINCT f.conversation_id)
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN codelists_theme t ON t.id = n.id OR t.parent_id = n.id
        JOIN records_findingtheme ft ON ft.theme_id = t.id JOIN records_finding f ON f.id = ft.finding_id
        WHERE (n.sensitivity, n.parent_id) IS DISTINCT FROM (o.sensitivity, o.parent_id)));
    RETURN NULL;
END $$;

CREATE FUNCTION sync_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Not TRUNCATE: the statement that fires this may be truncating them as well.
    DELETE FROM sync_touched;
    DELETE FROM sync_change;
    DELETE FROM sync_held;
    RETURN NULL;
END $$;

CREATE TRIGGER sync_insert AFTER INSERT ON records_conversation
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_conversation();
CREATE TRIGGER sync_update AFTER UPDATE ON records_conversation
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_conversation();
CREATE TRIGGER sync_delete AFTER DELETE ON records_conversation
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_conversation();
CREATE TRIGGER sync_truncate AFTER TRUNCATE ON records_conversation
    FOR EACH STATEMENT EXECUTE FUNCTION sync_on_truncate();
CREATE TRIGGER sync_update AFTER UPDATE ON records_finding
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_finding();
CREATE TRIGGER sync_insert AFTER INSERT ON records_findingtheme
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_finding_theme();
CREATE TRIGGER sync_update AFTER UPDATE ON records_findingtheme
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_finding_theme();
CREATE TRIGGER sync_delete AFTER DELETE ON records_findingtheme
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_finding_theme();
CREATE TRIGGER sync_update AFTER UPDATE ON codelists_theme
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_on_theme();


-- In which bucket some conversations lie by their records, at this moment. Tier: 0 normal, 1 restricted, 2 internal; a
-- theme counts as its parent does, when that is more sensitive.
CREATE FUNCTION sync_bucketed(ids uuid[])
RETURNS TABLE (conversation_id uuid, version integer, owner_id bigint, district_id bigint, tier smallint)
LANGUAGE sql STABLE AS $$
    SELECT c.id, c.version, c.listener_id, coalesce(c.district_id, 0), heard.tier::smallint
    FROM unnest(ids) AS asked (id)
    JOIN records_conversation c ON c.id = asked.id
    CROSS JOIN LATERAL (
        SELECT coalesce(max(array_position(ARRAY['normal', 'restricted', 'internal'], listed.sensitivity::text)), 1) - 1 AS tier
        FROM records_finding f
        CROSS JOIN LATERAL (
            SELECT t.sensitivity, above.sensitivity AS of_parent
            FROM records_findingtheme ft
            JOIN codelists_theme t ON t.id = ft.theme_id
            LEFT JOIN codelists_theme above ON above.id = t.parent_id
            WHERE ft.finding_id = f.id
        ) given
        CROSS JOIN LATERAL (VALUES (given.sensitivity), (given.of_parent)) AS listed (sensitivity)
        WHERE f.conversation_id = c.id
    ) heard
$$;

-- Turn what was touched into entries with positions; returns how many conversations were looked at (5000 at most).
-- Callers wait for each other, and the lock is held until the commit: what one wrote is visible before the next begins, so
-- positions only grow at the top. VOLATILE: each statement in it sees what was committed before the statement, and so at
-- least the writes behind each row of sync_touched that it takes. CACHE 1: no session keeps numbers for later.
CREATE SEQUENCE sync_pos CACHE 1;
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

INSERT INTO sync_feedstate (id, epoch, since, floor) VALUES (1, gen_random_uuid(), now(), 0);

-- Records that were there before this migration.
INSERT INTO sync_touched (conversation_id) SELECT id FROM records_conversation;
