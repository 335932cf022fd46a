-- Back to cells that know no occasions: what stood in migration 0001.
DROP VIEW rollups_recount_sums;
DROP VIEW rollups_current_occasion;
DROP VIEW rollups_recount_occasion;
DROP VIEW rollups_current;
DROP VIEW rollups_recount;
DROP FUNCTION rollups_expand(bigint, date, jsonb);

-- The cells at day grain in which one tally counts. Rows: (role, theme, kind, day, district, mentions).
CREATE FUNCTION rollups_expand(conversation_district bigint, conversation_day date, facts jsonb)
RETURNS TABLE (role text, theme_id integer, kind text, district_id bigint, mentions bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH fact AS (
        SELECT fact ->> 0 AS kind, (fact ->> 1)::bigint AS subject, fact -> 2 AS themes
        FROM jsonb_array_elements(facts) AS fact
    ), spread AS (
        SELECT place.role, theme.theme_id, k.kind, place.district_id
        FROM fact
        CROSS JOIN LATERAL (
            VALUES ('encounter', conversation_district), ('subject', nullif(fact.subject, 0))
        ) AS place (role, district_id)
        CROSS JOIN LATERAL (
            SELECT 0 AS theme_id UNION ALL SELECT t::integer FROM jsonb_array_elements_text(fact.themes) AS t
        ) AS theme
        CROSS JOIN LATERAL (VALUES ('any'), (fact.kind)) AS k (kind)
        WHERE place.district_id IS NOT NULL
    )
    SELECT spread.role, spread.theme_id, spread.kind, spread.district_id, count(*)
    FROM spread GROUP BY 1, 2, 3, 4
    UNION ALL
    -- Listening counts even when nothing was noted down: every counted conversation is in its place's denominator.
    SELECT 'encounter', 0, 'any', conversation_district, 0
    WHERE jsonb_array_length(facts) = 0
$$;


-- Bring the tallies of some conversations up to date and append what changed to the log.
-- Locks: the tally rows, in id order. Each statement below takes its own snapshot (READ COMMITTED), so after a wait it
-- sees what the other transaction committed, and two edits of one conversation are counted as one after the other.
-- Plans are made anew for each call: one made for a few ids, or for tables that were empty, is a thousand times too slow
-- for a batch. And findings and themes are looked up per conversation, because a join depends on statistics: tables that
-- were analysed while empty were read once per finding and conversation, for minutes.
CREATE OR REPLACE FUNCTION rollups_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF ids IS NULL OR cardinality(ids) = 0 THEN
        RETURN;
    END IF;
    PERFORM 1 FROM rollups_tally t WHERE t.conversation_id = ANY (ids) ORDER BY t.conversation_id FOR UPDATE;

    WITH fresh AS MATERIALIZED (
        SELECT c.id, coalesce(c.district_id, 0) AS district_id, c.occurred_on AS day,
               CASE WHEN c.may_be_counted AND NOT c.is_test THEN coalesce(f.facts, '[]') END AS facts,
               f.seen
        FROM records_conversation c
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_array(f.kind, coalesce(f.district_id, 0), coalesce(t.themes, '[]')) ORDER BY f.id)
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
               t.district_id AS old_district, t.day AS old_day, t.facts AS old_facts,
               fresh.district_id, fresh.day, fresh.facts, fresh.seen, fresh.id IS NULL AS is_gone
        FROM fresh
        FULL JOIN (SELECT * FROM rollups_tally WHERE conversation_id = ANY (ids)) t ON t.conversation_id = fresh.id
        WHERE (t.conversation_id, t.district_id, t.day, t.facts, t.seen) IS DISTINCT FROM
              (fresh.id, fresh.district_id, fresh.day, fresh.facts, fresh.seen)
    ), written AS (
        INSERT INTO rollups_tally (conversation_id, district_id, day, facts, seen)
        SELECT id, district_id, day, facts, seen FROM changed WHERE NOT is_gone
        ON CONFLICT (conversation_id) DO UPDATE
            SET district_id = excluded.district_id, day = excluded.day, facts = excluded.facts, seen = excluded.seen
    ), forgotten AS (
        DELETE FROM rollups_tally t USING changed WHERE changed.is_gone AND t.conversation_id = changed.id
    )
    INSERT INTO rollups_delta (role, theme_id, kind, day, district_id, conversations, mentions)
    SELECT role, theme_id, kind, day, district_id, sum(sign), sum(sign * mentions)
    FROM (
        SELECT e.*, changed.day, 1 AS sign
        FROM changed CROSS JOIN LATERAL rollups_expand(changed.district_id, changed.day, changed.facts) e
        WHERE changed.facts IS NOT NULL
        UNION ALL
        SELECT e.*, changed.old_day, -1
        FROM changed CROSS JOIN LATERAL rollups_expand(changed.old_district, changed.old_day, changed.old_facts) e
        WHERE changed.old_facts IS NOT NULL
    ) signed
    GROUP BY role, theme_id, kind, day, district_id
    HAVING sum(sign) <> 0 OR sum(sign * mentions) <> 0;
END $$;


-- What the cells ought to be, counted anew from the records alone: no tally, no log, no shared function.
CREATE VIEW rollups_recount AS
WITH counted AS (
    SELECT id, occurred_on AS day, coalesce(district_id, 0) AS district_id
    FROM records_conversation WHERE may_be_counted AND NOT is_test
), heard AS (
    SELECT c.id AS conversation_id, f.id AS finding_id, c.day, f.kind, place.role, place.district_id
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
    SELECT role, theme_id, kind, day, district_id, conversation_id, finding_id FROM themed
    UNION ALL
    SELECT role, theme_id, 'any', day, district_id, conversation_id, finding_id FROM themed
    UNION ALL
    SELECT 'encounter', 0, 'any', day, district_id, id, NULL FROM counted
)
SELECT role, g.grain, theme_id, kind, date_trunc(g.grain, day)::date AS bucket, district_id,
       count(DISTINCT conversation_id)::integer AS conversations, count(DISTINCT finding_id)::integer AS mentions
FROM base CROSS JOIN (VALUES ('day'), ('month'), ('quarter'), ('year')) AS g (grain)
GROUP BY role, g.grain, theme_id, kind, bucket, district_id;


-- What the cells say at this moment: merged and unmerged together. Cells at zero are left out.
CREATE VIEW rollups_current AS
SELECT role, grain, theme_id, kind, bucket, district_id,
       sum(conversations)::integer AS conversations, sum(mentions)::integer AS mentions
FROM (
    SELECT role, grain, theme_id, kind, bucket, district_id, conversations, mentions FROM rollups_cell
    UNION ALL
    SELECT role, g.grain, theme_id, kind, date_trunc(g.grain, day)::date, district_id, conversations, mentions
    FROM rollups_delta CROSS JOIN (VALUES ('day'), ('month'), ('quarter'), ('year')) AS g (grain)
) AS cell
GROUP BY role, grain, theme_id, kind, bucket, district_id
HAVING sum(conversations) <> 0 OR sum(mentions) <> 0;


CREATE OR REPLACE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.district_id, n.occurred_on, n.is_test, n.may_be_counted) IS DISTINCT FROM
                  (o.district_id, o.occurred_on, o.is_test, o.may_be_counted)));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh(rollups_unseen((SELECT array_agg(DISTINCT conversation_id) FROM new_rows)));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(DISTINCT conversation_id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(DISTINCT touched.id)
            FROM new_rows n JOIN old_rows o USING (id)
            CROSS JOIN LATERAL (VALUES (n.conversation_id), (o.conversation_id)) AS touched (id)
            WHERE (n.kind, n.district_id, n.conversation_id) IS DISTINCT FROM (o.kind, o.district_id, o.conversation_id)));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE rollups_cell, rollups_delta, rollups_tally;
    RETURN NULL;
END $$;

TRUNCATE rollups_cell, rollups_delta, rollups_tally;
DROP TABLE rollups_occasion;
DROP FUNCTION rollups_cluster(uuid, bigint);
ALTER TABLE rollups_tally DROP cluster;
ALTER TABLE rollups_delta DROP severe, DROP cluster;
ALTER TABLE rollups_cell DROP CONSTRAINT rollups_cell_pkey, DROP severe, DROP occasions, DROP squares, DROP crossed;
ALTER TABLE rollups_cell ADD CONSTRAINT rollups_cell_pkey PRIMARY KEY (role, grain, theme_id, kind, bucket, district_id)
    INCLUDE (conversations, mentions);
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
