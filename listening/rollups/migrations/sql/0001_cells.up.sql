-- Cells: how many conversations and mentions, per place x theme x kind x time.
--
-- The unit is the conversation: it counts once per cell however many findings it lists, so counts do not add up over
-- themes or kinds. "Any theme" (theme_id 0), each parent theme and "any kind" are rows of their own. Over days and over
-- districts of one layer they do add: a conversation has one day and one district.
--
-- role      encounter  where we listened; (theme 0, kind any) is the number of conversations held: the denominator
--           subject    what a finding is about; volume only, it has no denominator
-- district  the district a record was assigned to (any layer), 0 = none (whole city, no location, outside)
-- grain     day, month, quarter, year; bucket is the first day of it

CREATE TABLE rollups_cell (
    role text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    theme_id integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    bucket date NOT NULL,
    district_id bigint NOT NULL,
    conversations integer NOT NULL,
    mentions integer NOT NULL,
    -- Covering: a need map is one index-only scan per run of buckets.
    CONSTRAINT rollups_cell_pkey PRIMARY KEY (role, grain, theme_id, kind, bucket, district_id)
        INCLUDE (conversations, mentions)
);

-- The log of changes not yet merged into the cells. Writers only append, so they share no row and never wait for each
-- other; readers add it to the cells in the same snapshot, so a count is exact before and after a merge.
CREATE TABLE rollups_delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role text COLLATE "C" NOT NULL,
    theme_id integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    day date NOT NULL,
    district_id bigint NOT NULL,
    conversations integer NOT NULL,
    mentions integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What each conversation is counted as at present. `facts` is null when it is not counted, else one element per
-- finding, ordered by its id: [kind, subject district or 0, [themes and their parents]]. `seen` is the number of
-- findings and of their themes that were read: while nothing is taken away, the same number means nothing new.
CREATE TABLE rollups_tally (
    conversation_id uuid PRIMARY KEY,
    district_id bigint NOT NULL,
    day date NOT NULL,
    facts jsonb,
    seen integer NOT NULL
) WITH (fillfactor = 90);


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
CREATE FUNCTION rollups_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
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


-- Of some conversations, those to which findings or themes were added that their tallies have not seen. A capture writes
-- conversations, findings and themes in one statement, and the first of its triggers counts them all.
CREATE FUNCTION rollups_unseen(ids uuid[]) RETURNS uuid[] LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan AS $$
    SELECT array_agg(c.id)
    FROM unnest(ids) AS c (id)
    CROSS JOIN LATERAL (
        SELECT count(*) + coalesce(sum(t.links), 0) AS seen
        FROM records_finding f
        CROSS JOIN LATERAL (SELECT count(*) AS links FROM records_findingtheme ft WHERE ft.finding_id = f.id) t
        WHERE f.conversation_id = c.id
    ) there
    LEFT JOIN rollups_tally t ON t.conversation_id = c.id
    WHERE t.seen IS DISTINCT FROM there.seen
$$;


-- Statement-level triggers: they see bulk SQL, admin edits and re-districting as well as the application.

CREATE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION rollups_on_finding() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- When a finding itself is gone by now, its own trigger has counted.
CREATE FUNCTION rollups_on_finding_theme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh(rollups_unseen((
            SELECT array_agg(DISTINCT f.conversation_id) FROM new_rows n JOIN records_finding f ON f.id = n.finding_id)));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((
            SELECT array_agg(DISTINCT f.conversation_id) FROM old_rows o JOIN records_finding f ON f.id = o.finding_id));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(DISTINCT f.conversation_id)
            FROM (SELECT finding_id FROM new_rows UNION SELECT finding_id FROM old_rows) touched
            JOIN records_finding f ON f.id = touched.finding_id));
    END IF;
    RETURN NULL;
END $$;

-- A theme that gets another parent counts under another parent.
CREATE FUNCTION rollups_on_theme_parent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rollups_refresh((
        SELECT array_agg(DISTINCT f.conversation_id)
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN records_findingtheme ft ON ft.theme_id = n.id JOIN records_finding f ON f.id = ft.finding_id
        WHERE n.parent_id IS DISTINCT FROM o.parent_id));
    RETURN NULL;
END $$;

CREATE FUNCTION rollups_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE rollups_cell, rollups_delta, rollups_tally;
    RETURN NULL;
END $$;

CREATE TRIGGER rollups_insert AFTER INSERT ON records_conversation
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_conversation();
CREATE TRIGGER rollups_update AFTER UPDATE ON records_conversation
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_conversation();
CREATE TRIGGER rollups_delete AFTER DELETE ON records_conversation
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_conversation();
CREATE TRIGGER rollups_truncate AFTER TRUNCATE ON records_conversation
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_truncate();

CREATE TRIGGER rollups_insert AFTER INSERT ON records_finding
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding();
CREATE TRIGGER rollups_update AFTER UPDATE ON records_finding
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding();
CREATE TRIGGER rollups_delete AFTER DELETE ON records_finding
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding();

CREATE TRIGGER rollups_insert AFTER INSERT ON records_findingtheme
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding_theme();
CREATE TRIGGER rollups_update AFTER UPDATE ON records_findingtheme
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding_theme();
CREATE TRIGGER rollups_delete AFTER DELETE ON records_findingtheme
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_finding_theme();

CREATE TRIGGER rollups_update AFTER UPDATE ON codelists_theme
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_theme_parent();

-- Records that were there before this migration.
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
