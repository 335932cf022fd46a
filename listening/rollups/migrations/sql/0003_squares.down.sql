-- Back to rollups that know no squares: what stood in migrations 0001 and 0002.
DROP VIEW rollups_recount_square;
DROP VIEW rollups_current_square;

CREATE OR REPLACE FUNCTION rollups_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF ids IS NULL OR cardinality(ids) = 0 THEN
        RETURN;
    END IF;
    PERFORM 1 FROM rollups_tally t WHERE t.conversation_id = ANY (ids) ORDER BY t.conversation_id FOR UPDATE;

    WITH fresh AS MATERIALIZED (
        SELECT c.id, coalesce(c.district_id, 0) AS district_id, c.occurred_on AS day,
               rollups_cluster(c.session_id, c.listener_id) AS cluster,
               CASE WHEN c.may_be_counted AND NOT c.is_test THEN coalesce(f.facts, '[]') END AS facts,
               f.seen
        FROM records_conversation c
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_array(f.kind, coalesce(f.district_id, 0), coalesce(t.themes, '[]'),
                                               coalesce(f.severity >= 4, false)) ORDER BY f.id)
                       AS facts,
                   count(*) + coalesce(sum(t.links), 0) AS seen
            FROM records_finding f
            CROSS JOIN LATERAL (
                SELECT jsonb_agg(DISTINCT listed.theme_id ORDER BY listed.theme_id) AS themes,
                       count(DISTINCT ft.theme_id) AS links
                FROM records_findingtheme ft
                CROSS JOIN LATERAL (
                    VALUES (ft.theme_id), ((SELECT theme.parent_id FROM codelists_theme theme WHERE theme.id = ft.theme_id))
                ) AS listed (theme_id)
                WHERE ft.finding_id = f.id AND listed.theme_id IS NOT NULL
            ) t
            WHERE f.conversation_id = c.id
        ) f
        WHERE c.id = ANY (ids)
    ), changed AS MATERIALIZED (
        SELECT coalesce(fresh.id, t.conversation_id) AS id,
               t.district_id AS old_district, t.day AS old_day, t.cluster AS old_cluster, t.facts AS old_facts,
               fresh.district_id, fresh.day, fresh.cluster, fresh.facts, fresh.seen, fresh.id IS NULL AS is_gone
        FROM fresh
        FULL JOIN (SELECT * FROM rollups_tally WHERE conversation_id = ANY (ids)) t ON t.conversation_id = fresh.id
        WHERE (t.conversation_id, t.district_id, t.day, t.cluster, t.facts, t.seen) IS DISTINCT FROM
              (fresh.id, fresh.district_id, fresh.day, fresh.cluster, fresh.facts, fresh.seen)
    ), written AS (
        INSERT INTO rollups_tally (conversation_id, district_id, day, cluster, facts, seen)
        SELECT id, district_id, day, cluster, facts, seen FROM changed WHERE NOT is_gone
        ON CONFLICT (conversation_id) DO UPDATE
            SET district_id = excluded.district_id, day = excluded.day, cluster = excluded.cluster,
                facts = excluded.facts, seen = excluded.seen
    ), forgotten AS (
        DELETE FROM rollups_tally t USING changed WHERE changed.is_gone AND t.conversation_id = changed.id
    )
    INSERT INTO rollups_delta (role, theme_id, kind, day, district_id, conversations, mentions, severe, cluster)
    SELECT role, theme_id, kind, day, district_id, sum(sign), sum(sign * mentions), sum(sign * severe), cluster
    FROM (
        SELECT e.*, changed.day, 1 AS sign, CASE e.role WHEN 'encounter' THEN changed.cluster END AS cluster
        FROM changed CROSS JOIN LATERAL rollups_expand(changed.district_id, changed.day, changed.facts) e
        WHERE changed.facts IS NOT NULL
        UNION ALL
        SELECT e.*, changed.old_day, -1, CASE e.role WHEN 'encounter' THEN changed.old_cluster END
        FROM changed CROSS JOIN LATERAL rollups_expand(changed.old_district, changed.old_day, changed.old_facts) e
        WHERE changed.old_facts IS NOT NULL
    ) signed
    GROUP BY role, theme_id, kind, day, district_id, cluster
    HAVING sum(sign) <> 0 OR sum(sign * mentions) <> 0 OR sum(sign * severe) <> 0;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.district_id, n.occurred_on, n.is_test, n.may_be_counted, n.session_id, n.listener_id) IS DISTINCT FROM
                  (o.district_id, o.occurred_on, o.is_test, o.may_be_counted, o.session_id, o.listener_id)));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_theme_parent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rollups_refresh((
        SELECT array_agg(DISTINCT f.conversation_id)
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN records_findingtheme ft ON ft.theme_id = n.id JOIN records_finding f ON f.id = ft.finding_id
        WHERE n.parent_id IS DISTINCT FROM o.parent_id));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE rollups_cell, rollups_delta, rollups_tally, rollups_occasion;
    RETURN NULL;
END $$;

DROP TABLE rollups_hexagon;
DROP TABLE rollups_square_version;
DROP SEQUENCE rollups_square_change;
DROP TABLE rollups_square_delta;
DROP TABLE rollups_square;
ALTER TABLE rollups_tally DROP COLUMN spot, DROP COLUMN tier;
DROP INDEX IF EXISTS rollups_tally_day;
DROP FUNCTION rollups_square_of(bigint, integer);
DROP FUNCTION rollups_themes(jsonb);
DROP FUNCTION rollups_spot(geometry);
