-- Conversations that are new have nothing to be compared with: they are counted by a shorter statement, whose plan is kept.
--
-- Planning was a third of what a batch cost, and half of the rest found out what had been counted before. A kept plan must be
-- right whatever the tables held when it was made: one made while they were empty read all of them for each row. So nothing
-- below is joined: each table is looked up by the first column of an index, in a subquery that is not flattened (it
-- aggregates, or has OFFSET 0), and no table may be read as a whole. There is then one plan, and it is that of a full table.


-- The log is only appended to, and read or emptied as a whole: an index by number is written and never read.
ALTER TABLE rollups_delta DROP CONSTRAINT rollups_delta_pkey;


-- As before, and written so that they become part of the statement that calls them.
CREATE OR REPLACE FUNCTION rollups_cluster(session_id uuid, listener_id bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(session_id, md5('listener ' || listener_id::text)::uuid)
$$;

CREATE OR REPLACE FUNCTION rollups_spot(point geometry) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN point IS NOT NULL THEN
        least(floor((ST_X(point) + 180) / 360 * 16777216), 16777215)::bigint << 24
        | least(greatest(floor(
              (0.5 - asinh(tan(radians(least(greatest(ST_Y(point), -85.06), 85.06)))) / (2 * pi())) * 16777216
          ), 0), 16777215)::bigint
    END
$$;


-- As before, with a plan that is kept.
CREATE OR REPLACE FUNCTION rollups_unseen(ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN (
        SELECT array_agg(c.id)
        FROM unnest(ids) AS c (id)
        WHERE (SELECT t.seen FROM rollups_tally t WHERE t.conversation_id = c.id) IS DISTINCT FROM (
            SELECT count(*) + coalesce(sum((SELECT count(*) FROM records_findingtheme ft WHERE ft.finding_id = f.id)), 0)
            FROM records_finding f WHERE f.conversation_id = c.id
        )
    );
END $$;


-- Count conversations that were just inserted: write their tallies, and append what they say to the logs. Gives the same
-- tallies as rollups_refresh, which goes on where one of them is known already.
-- Locks: none; nobody else sees a conversation before it is committed.
CREATE FUNCTION rollups_count(ids uuid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    has_epochs boolean;
BEGIN
    IF ids IS NULL OR cardinality(ids) = 0 THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM rollups_tally t WHERE t.conversation_id = ANY (ids)) THEN
        PERFORM rollups_refresh(ids);
        RETURN;
    END IF;
    has_epochs := EXISTS (SELECT FROM rollups_epoch);

    WITH heard AS MATERIALIZED (
        -- One row per finding; one without a finding for a conversation in which nothing was noted down.
        SELECT c.*, f.id AS finding_id, f.kind, f.subject, f.is_severe, f.themes, f.links, f.tier
        FROM (
            SELECT id, coalesce(district_id, 0) AS district_id, occurred_on AS day,
                   rollups_cluster(session_id, listener_id) AS cluster,
                   CASE WHEN has_epochs THEN
                       rollups_elsewhere(place, location, coalesce(named_district_id, district_id)) END AS elsewhere,
                   may_be_counted AND NOT is_test AS counts, location
            FROM records_conversation WHERE id = ANY (ids) OFFSET 0
        ) c
        LEFT JOIN LATERAL (
            SELECT f.id, f.kind, coalesce(f.district_id, 0) AS subject, coalesce(f.severity >= 4, false) AS is_severe,
                   coalesce(t.themes, '{}') AS themes, t.links, t.tier
            FROM records_finding f
            CROSS JOIN LATERAL (
                SELECT array_agg(DISTINCT listed.id ORDER BY listed.id) AS themes, count(DISTINCT ft.theme_id) AS links,
                       max(listed.tier) AS tier
                FROM records_findingtheme ft
                CROSS JOIN LATERAL (
                    SELECT theme.id, theme.parent_id FROM codelists_theme theme WHERE theme.id = ft.theme_id OFFSET 0
                ) given
                CROSS JOIN LATERAL (
                    SELECT theme.id,
                           CASE theme.sensitivity WHEN 'internal' THEN 2 WHEN 'restricted' THEN 1 ELSE 0 END AS tier
                    FROM codelists_theme theme WHERE theme.id IN (given.id, given.parent_id) OFFSET 0
                ) listed
                WHERE ft.finding_id = f.id
            ) t
            WHERE f.conversation_id = c.id OFFSET 0
        ) f ON true
    ), fresh AS MATERIALIZED (
        SELECT id, district_id, day, cluster, elsewhere,
               CASE WHEN counts THEN coalesce(
                   jsonb_agg(jsonb_build_array(kind, subject, to_jsonb(themes), is_severe) ORDER BY finding_id)
                       FILTER (WHERE finding_id IS NOT NULL), '[]') END AS facts,
               CASE WHEN counts THEN rollups_spot(location) END AS spot,
               coalesce(max(tier), 0) AS tier, count(finding_id) + coalesce(sum(links), 0) AS seen
        FROM heard
        GROUP BY id, district_id, day, cluster, elsewhere, counts, location
    ), tallied AS (
        INSERT INTO rollups_tally (conversation_id, district_id, day, cluster, facts, spot, tier, seen, elsewhere)
        SELECT id, district_id, day, cluster, facts, spot, tier, seen, elsewhere FROM fresh
    ), placed AS (
        INSERT INTO rollups_square_delta (conversation_id, spot, quarter, district_id, tier, themes, change)
        SELECT id, spot, date_trunc('quarter', day)::date, district_id, tier,
               ARRAY(SELECT DISTINCT theme::integer
                     FROM jsonb_array_elements(facts) AS fact CROSS JOIN LATERAL jsonb_array_elements_text(fact -> 2) AS theme
                     ORDER BY 1),
               1
        FROM fresh WHERE spot IS NOT NULL
    ), cell AS (
        -- What each conversation counts in: where it was held (`about` null), and each place that its findings are about.
        SELECT heard.id, about.district_id AS about, theme.id AS theme_id, k.kind, heard.district_id, day, cluster, elsewhere,
               count(finding_id)::integer AS mentions, coalesce(bool_or(is_severe), false)::integer AS severe
        FROM heard
        CROSS JOIN LATERAL (SELECT NULL::bigint UNION ALL SELECT heard.subject WHERE heard.subject <> 0) AS about (district_id)
        CROSS JOIN LATERAL unnest(0 || heard.themes) AS theme (id)
        CROSS JOIN LATERAL (SELECT 'any' UNION ALL SELECT heard.kind WHERE heard.kind IS NOT NULL) AS k (kind)
        WHERE counts
        GROUP BY heard.id, about.district_id, theme.id, k.kind, heard.district_id, day, cluster, elsewhere
    )
    INSERT INTO rollups_delta (role, theme_id, kind, day, district_id, conversations, mentions, severe, cluster)
    SELECT place.role, theme_id, kind, day, place.district_id, count(*), sum(mentions), sum(severe), place.cluster
    FROM cell
    CROSS JOIN LATERAL (
        SELECT 'encounter', cell.district_id, cell.cluster WHERE cell.about IS NULL
        UNION ALL
        SELECT 'subject', cell.about, NULL WHERE cell.about IS NOT NULL
        UNION ALL
        SELECT 'encounter:' || key, value::bigint, cell.cluster FROM jsonb_each_text(cell.elsewhere) WHERE cell.about IS NULL
    ) AS place (role, district_id, cluster)
    GROUP BY place.role, theme_id, kind, day, place.district_id, place.cluster;
END $$;


CREATE OR REPLACE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_count((SELECT array_agg(id) FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.district_id, n.occurred_on, n.is_test, n.may_be_counted, n.session_id, n.listener_id,
                   n.place, n.location, n.named_district_id) IS DISTINCT FROM
                  (o.district_id, o.occurred_on, o.is_test, o.may_be_counted, o.session_id, o.listener_id,
                   o.place, o.location, o.named_district_id)));
    END IF;
    RETURN NULL;
END $$;
