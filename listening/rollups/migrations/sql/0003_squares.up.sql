-- Squares: how many conversations were held in each square of a grid that lies in the tiles of web maps, 64 by 64 of them
-- in a tile of zoom 10 to 13 (435 m to 54 m wide, at 44.5 degrees north).
--
-- Only conversations with a point are in squares. A conversation counts once per theme, parent themes and "any theme"
-- (theme_id 0) being rows of their own, as in cells. Quarters and districts add up; kinds are not told apart.
--
-- zoom, tile_x, tile_y   the tile, of WebMercatorQuad     square   64 * row + column in it, rows from the north
-- tier                   the highest sensitivity of the conversation's themes: 0 normal, 1 restricted, 2 internal

CREATE TABLE rollups_square (
    zoom smallint NOT NULL,
    theme_id integer NOT NULL,
    tile_x integer NOT NULL,
    tile_y integer NOT NULL,
    quarter date NOT NULL,
    square smallint NOT NULL,
    district_id bigint NOT NULL,
    tier smallint NOT NULL,
    conversations integer NOT NULL,
    -- Covering: a tile is one index-only scan.
    CONSTRAINT rollups_square_pkey PRIMARY KEY (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier)
        INCLUDE (conversations)
);

-- The log of changes not yet merged into the squares: a row when a conversation comes to count in a place, and one when it
-- no longer does. One for all its themes and all zooms, so that a writer writes little.
CREATE TABLE rollups_square_delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id uuid NOT NULL,
    spot bigint NOT NULL,
    quarter date NOT NULL,
    district_id bigint NOT NULL,
    tier smallint NOT NULL,
    themes integer[] NOT NULL,
    change integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- When a tile of zoom 13 last changed: a number that only grows. A tile that is not here is empty.
CREATE SEQUENCE rollups_square_change;
CREATE TABLE rollups_square_version (
    tile_x integer NOT NULL,
    tile_y integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tile_x, tile_y)
);

-- The hexagons (H3) of each conversation with a point, at resolutions 7 to 9; of the spot that it had at the last merge.
CREATE TABLE rollups_hexagon (
    conversation_id uuid PRIMARY KEY,
    spot bigint NOT NULL,
    r7 bigint NOT NULL,
    r8 bigint NOT NULL,
    r9 bigint NOT NULL
);

-- `spot`: see rollups_spot; null when the conversation is not counted or has no point.
ALTER TABLE rollups_tally ADD spot bigint, ADD tier smallint NOT NULL DEFAULT 0;
CREATE INDEX rollups_tally_day ON rollups_tally (day);


-- A point (EPSG:4326) as a square of zoom 24 of the whole world, 1.7 m wide at 44.5 degrees north: column and row in one
-- number. Mercator ends at 85.0511 degrees.
-- Strict, because `least` of nothing and a number is the number.
CREATE FUNCTION rollups_spot(point geometry) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT least(floor((ST_X(point) + 180) / 360 * 16777216), 16777215)::bigint << 24
         | least(greatest(floor(
               (0.5 - asinh(tan(radians(least(greatest(ST_Y(point), -85.06), 85.06)))) / (2 * pi())) * 16777216
           ), 0), 16777215)::bigint
$$;

-- The tile of a zoom that holds a spot, and the square in it.
CREATE FUNCTION rollups_square_of(spot bigint, zoom integer, OUT tile_x integer, OUT tile_y integer, OUT square smallint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((spot >> 24) >> (24 - zoom))::integer, ((spot & 16777215) >> (24 - zoom))::integer,
           ((((spot & 16777215) >> (18 - zoom)) & 63) * 64 + (((spot >> 24) >> (18 - zoom)) & 63))::smallint
$$;

-- The themes of a tally, and their parents, each once.
CREATE FUNCTION rollups_themes(facts jsonb) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT DISTINCT theme::integer
                 FROM jsonb_array_elements(facts) AS fact CROSS JOIN LATERAL jsonb_array_elements_text(fact -> 2) AS theme
                 ORDER BY 1)
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

-- A theme that gets another parent counts under another parent; one that gets another sensitivity, in another tier, and so
-- do those below it.
CREATE OR REPLACE FUNCTION rollups_on_theme_parent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rollups_refresh((
        SELECT array_agg(DISTINCT f.conversation_id)
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN codelists_theme theme ON theme.id = n.id OR (theme.parent_id = n.id AND n.sensitivity <> o.sensitivity)
        JOIN records_findingtheme ft ON ft.theme_id = theme.id JOIN records_finding f ON f.id = ft.finding_id
        WHERE (n.parent_id, n.sensitivity) IS DISTINCT FROM (o.parent_id, o.sensitivity)));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rollups_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE rollups_cell, rollups_delta, rollups_tally, rollups_occasion,
        rollups_square, rollups_square_delta, rollups_square_version, rollups_hexagon;
    RETURN NULL;
END $$;


-- What the squares ought to be, counted anew from the records alone: no tally, no log, no shared function.
CREATE VIEW rollups_recount_square AS
WITH counted AS (
    SELECT id, date_trunc('quarter', occurred_on)::date AS quarter, coalesce(district_id, 0) AS district_id,
           (ST_X(location) + 180) / 360 AS east,
           0.5 - asinh(tan(radians(ST_Y(location)))) / (2 * pi()) AS south
    FROM records_conversation WHERE may_be_counted AND NOT is_test AND location IS NOT NULL
), themed AS (
    SELECT c.id, theme.id AS theme_id, theme.sensitivity
    FROM counted c
    JOIN records_finding f ON f.conversation_id = c.id
    JOIN records_findingtheme ft ON ft.finding_id = f.id
    JOIN codelists_theme given ON given.id = ft.theme_id
    JOIN codelists_theme theme ON theme.id IN (given.id, given.parent_id)
), tiered AS (
    SELECT id, max(array_position(ARRAY['normal', 'restricted', 'internal'], sensitivity::text)) - 1 AS tier
    FROM themed GROUP BY id
), listed AS (
    SELECT id, theme_id FROM themed UNION SELECT id, 0 FROM counted
)
SELECT z.zoom, l.theme_id, floor(c.east * 2 ^ z.zoom)::integer AS tile_x, floor(c.south * 2 ^ z.zoom)::integer AS tile_y,
       c.quarter,
       (64 * (floor(c.south * 2 ^ (z.zoom + 6))::bigint % 64) + floor(c.east * 2 ^ (z.zoom + 6))::bigint % 64)::smallint AS square,
       c.district_id, coalesce(t.tier, 0)::smallint AS tier, count(*)::integer AS conversations
FROM counted c
JOIN listed l USING (id)
LEFT JOIN tiered t USING (id)
CROSS JOIN (VALUES (10), (11), (12), (13)) AS z (zoom)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;


-- What the squares say at this moment: merged and unmerged together.
CREATE VIEW rollups_current_square AS
SELECT zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, sum(conversations)::integer AS conversations
FROM (
    SELECT zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations FROM rollups_square
    UNION ALL
    SELECT z.zoom, theme.theme_id, at.tile_x, at.tile_y, quarter, at.square, district_id, tier, change
    FROM rollups_square_delta
    CROSS JOIN LATERAL unnest(0 || themes) AS theme (theme_id)
    CROSS JOIN generate_series(10, 13) AS z (zoom)
    CROSS JOIN LATERAL rollups_square_of(spot, z.zoom) AS at
) AS merged_and_not
GROUP BY zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier
HAVING sum(conversations) <> 0;


-- Records that were there before this migration get a spot; the next merge makes squares and hexagons of them.
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
