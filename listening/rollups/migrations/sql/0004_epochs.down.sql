DELETE FROM rollups_cell WHERE role LIKE 'encounter:%';
DELETE FROM rollups_delta WHERE role LIKE 'encounter:%';
DELETE FROM rollups_occasion WHERE role <> 'encounter';
DROP VIEW rollups_recount_sums;
DROP VIEW rollups_current_occasion;
DROP VIEW rollups_recount_occasion;
DROP VIEW rollups_current;
DROP VIEW rollups_recount;
DROP VIEW rollups_placed;
DROP VIEW rollups_roles;
DROP VIEW rollups_today;

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
               CASE WHEN c.may_be_counted AND NOT c.is_test THEN rollups_spot(c.location) END AS spot,
               f.tier, f.seen
        FROM records_conversation c
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_array(f.kind, coalesce(f.district_id, 0), coalesce(t.themes, '[]'),
                                               coalesce(f.severity >= 4, false)) ORDER BY f.id)
                       AS facts,
                   count(*) + coalesce(sum(t.links), 0) AS seen, coalesce(max(t.tier), 0) AS tier
            FROM records_finding f
            CROSS JOIN LATERAL (
                SELECT jsonb_agg(DISTINCT listed.theme_id ORDER BY listed.theme_id) AS themes,
                       count(DISTINCT ft.theme_id) AS links,
                       max((SELECT CASE theme.sensitivity WHEN 'internal' THEN 2 WHEN 'restricted' THEN 1 ELSE 0 END
                            FROM codelists_theme theme WHERE theme.id = listed.theme_id)) AS tier
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
               t.spot AS old_spot, t.tier AS old_tier,
               fresh.district_id, fresh.day, fresh.cluster, fresh.facts, fresh.spot, fresh.tier, fresh.seen,
               fresh.id IS NULL AS is_gone
        FROM fresh
        FULL JOIN (SELECT * FROM rollups_tally WHERE conversation_id = ANY (ids)) t ON t.conversation_id = fresh.id
        WHERE (t.conversation_id, t.district_id, t.day, t.cluster, t.facts, t.spot, t.tier, t.seen) IS DISTINCT FROM
              (fresh.id, fresh.district_id, fresh.day, fresh.cluster, fresh.facts, fresh.spot, fresh.tier, fresh.seen)
    ), written AS (
        INSERT INTO rollups_tally (conversation_id, district_id, day, cluster, facts, spot, tier, seen)
        SELECT id, district_id, day, cluster, facts, spot, tier, seen FROM changed WHERE NOT is_gone
        ON CONFLICT (conversation_id) DO UPDATE
            SET district_id = excluded.district_id, day = excluded.day, cluster = excluded.cluster,
                facts = excluded.facts, spot = excluded.spot, tier = excluded.tier, seen = excluded.seen
    ), forgotten AS (
        DELETE FROM rollups_tally t USING changed WHERE changed.is_gone AND t.conversation_id = changed.id
    ), placed AS (
        INSERT INTO rollups_square_delta (conversation_id, spot, quarter, district_id, tier, themes, change)
        SELECT changed.id, one.spot, one.quarter, one.district_id, one.tier, one.themes, one.change
        FROM changed
        CROSS JOIN LATERAL (
            SELECT date_trunc('quarter', changed.day)::date AS quarter, rollups_themes(changed.facts) AS themes,
                   date_trunc('quarter', changed.old_day)::date AS old_quarter,
                   rollups_themes(changed.old_facts) AS old_themes
        ) AS said
        CROSS JOIN LATERAL (
            VALUES (changed.spot, said.quarter, changed.district_id, changed.tier, said.themes, 1),
                   (changed.old_spot, said.old_quarter, changed.old_district, changed.old_tier, said.old_themes, -1)
        ) AS one (spot, quarter, district_id, tier, themes, change)
        WHERE one.spot IS NOT NULL
          AND (changed.spot, said.quarter, changed.district_id, changed.tier, said.themes) IS DISTINCT FROM
              (changed.old_spot, said.old_quarter, changed.old_district, changed.old_tier, said.old_themes)
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

CREATE VIEW rollups_recount AS
WITH counted AS (
    SELECT id, occurred_on AS day, coalesce(district_id, 0) AS district_id
    FROM records_conversation WHERE may_be_counted AND NOT is_test
), heard AS (
    SELECT c.id AS conversation_id, f.id AS finding_id, c.day, f.kind, place.role, place.district_id,
           f.severity >= 4 AS is_severe
    FROM counted c
    JOIN records_finding f ON f.conversation_id = c.id
    CROSS JOIN LATERAL (VALUES ('encounter', c.district_id), ('subject', f.district_id)) AS place (role, district_id)
    WHERE place.district_id IS NOT NULL
), themed AS (
    SELECT heard.*, 0 AS theme_id FROM heard
    UNION
    SELECT heard.*, listed.theme_id
    FROM heard
    JOIN records_findingtheme ft ON ft.finding_id = heard.finding_id
    JOIN codelists_theme theme ON theme.id = ft.theme_id
    CROSS JOIN LATERAL (VALUES (theme.id), (theme.parent_id)) AS listed (theme_id)
    WHERE listed.theme_id IS NOT NULL
), base AS (
    SELECT role, theme_id, kind, day, district_id, conversation_id, finding_id, is_severe FROM themed
    UNION ALL
    SELECT role, theme_id, 'any', day, district_id, conversation_id, finding_id, is_severe FROM themed
    UNION ALL
    SELECT 'encounter', 0, 'any', day, district_id, id, NULL, NULL FROM counted
)
SELECT role, g.grain, theme_id, kind, date_trunc(g.grain, day)::date AS bucket, district_id,
       count(DISTINCT conversation_id)::integer AS conversations, count(DISTINCT finding_id)::integer AS mentions,
       count(DISTINCT conversation_id) FILTER (WHERE is_severe)::integer AS severe
FROM base CROSS JOIN (VALUES ('day'), ('month'), ('quarter'), ('year')) AS g (grain)
GROUP BY role, g.grain, theme_id, kind, bucket, district_id;

CREATE VIEW rollups_current AS
SELECT role, grain, theme_id, kind, bucket, district_id,
       sum(conversations)::integer AS conversations, sum(mentions)::integer AS mentions, sum(severe)::integer AS severe
FROM (
    SELECT role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe FROM rollups_cell
    UNION ALL
    SELECT role, g.grain, theme_id, kind, date_trunc(g.grain, day)::date, district_id, conversations, mentions, severe
    FROM rollups_delta CROSS JOIN (VALUES ('day'), ('month'), ('quarter'), ('year')) AS g (grain)
) AS cell
GROUP BY role, grain, theme_id, kind, bucket, district_id
HAVING sum(conversations) <> 0 OR sum(mentions) <> 0 OR sum(severe) <> 0;

CREATE OR REPLACE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.district_id, n.occurred_on, n.is_test, n.may_be_counted, n.session_id, n.listener_id,
                   n.location) IS DISTINCT FROM
                  (o.district_id, o.occurred_on, o.is_test, o.may_be_counted, o.session_id, o.listener_id, o.location)));
    END IF;
    RETURN NULL;
END $$;

CREATE VIEW rollups_recount_occasion AS
WITH counted AS (
    SELECT id, occurred_on AS day, coalesce(district_id, 0) AS district_id,
           coalesce(session_id, md5('listener ' || listener_id)::uuid) AS cluster
    FROM records_conversation WHERE may_be_counted AND NOT is_test
), themed AS (
    SELECT c.*, f.kind, listed.theme_id
    FROM counted c
    JOIN records_finding f ON f.conversation_id = c.id
    LEFT JOIN records_findingtheme ft ON ft.finding_id = f.id
    LEFT JOIN codelists_theme theme ON theme.id = ft.theme_id
    CROSS JOIN LATERAL (VALUES (0), (theme.id), (theme.parent_id)) AS listed (theme_id)
    WHERE listed.theme_id IS NOT NULL
), base AS (
    SELECT cluster, day, district_id, theme_id, kind, id FROM themed
    UNION
    SELECT cluster, day, district_id, theme_id, 'any', id FROM themed
    UNION
    SELECT cluster, day, district_id, 0, 'any', id FROM counted
)
SELECT cluster, day, district_id, theme_id, kind, count(*)::integer AS conversations
FROM base GROUP BY cluster, day, district_id, theme_id, kind;

CREATE VIEW rollups_current_occasion AS
SELECT cluster, day, district_id, theme_id, kind, sum(conversations)::integer AS conversations
FROM (
    SELECT cluster, day, district_id, theme_id, kind, conversations FROM rollups_occasion
    UNION ALL
    SELECT cluster, day, district_id, theme_id, kind, conversations FROM rollups_delta WHERE cluster IS NOT NULL
) AS merged_and_not
GROUP BY cluster, day, district_id, theme_id, kind
HAVING sum(conversations) <> 0;

CREATE VIEW rollups_recount_sums AS
SELECT g.grain, one.theme_id, one.kind, date_trunc(g.grain, one.day)::date AS bucket, one.district_id,
       count(*) FILTER (WHERE one.conversations > 0)::integer AS occasions,
       sum(one.conversations::bigint * one.conversations)::bigint AS squares,
       coalesce(sum(one.conversations::bigint * size.conversations), 0)::bigint AS crossed
FROM rollups_occasion one
LEFT JOIN rollups_occasion size
  ON (size.cluster, size.day, size.district_id, size.theme_id, size.kind) = (one.cluster, one.day, one.district_id, 0, 'any')
CROSS JOIN (VALUES ('day'), ('month'), ('quarter'), ('year')) AS g (grain)
GROUP BY g.grain, one.theme_id, one.kind, date_trunc(g.grain, one.day)::date, one.district_id;

DROP FUNCTION rollups_places(text, bigint, jsonb);
DROP FUNCTION rollups_elsewhere(text, geometry, bigint);
ALTER TABLE rollups_occasion
    DROP CONSTRAINT rollups_occasion_pkey,
    DROP COLUMN role,
    ADD CONSTRAINT rollups_occasion_pkey PRIMARY KEY (cluster, day, district_id, theme_id, kind);
ALTER TABLE rollups_tally DROP COLUMN elsewhere;
DROP TABLE rollups_epoch;
