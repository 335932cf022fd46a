-- needmaps/sql/count_hearers.sql
-- In how many sessions, and by how many listeners, a theme was heard in a place: no further than to find that they are enough.
-- Grain: one row per pair asked for that has any. Reads records, so ask it for a few pairs only; a place of ten thousand
-- conversations is read as far as the first few in which the theme was heard. Without a session, what a listener hears on one
-- day is one.
-- :edition            id of the edition     :epoch   number of the epoch in which it is counted; null: as of today
-- :places, :themes    pairs of a district of the edition and a theme, side by side
-- :kind               kind of finding, 'any' for all
-- :first, :until      days, half open
-- :sessions, :listeners   how many are enough
WITH RECURSIVE heard AS (
    SELECT place, theme, 0 AS step, '{}'::text[] AS sessions, '{}'::bigint[] AS listeners
    FROM unnest(%(places)s::bigint[], %(themes)s::integer[]) AS asked (place, theme)
    UNION ALL
    -- One conversation further: one that adds a session or a listener of which there are not enough yet.
    SELECT heard.place, heard.theme, heard.step + 1,
           CASE WHEN another.session = ANY (heard.sessions) THEN heard.sessions ELSE heard.sessions || another.session END,
           CASE WHEN another.listener_id = ANY (heard.listeners) THEN heard.listeners
                ELSE heard.listeners || another.listener_id END
    FROM heard
    CROSS JOIN LATERAL (
        SELECT s.session, c.listener_id
        FROM districts_placement_in placed
        JOIN records_conversation c
          ON placed.source_id = CASE WHEN %(epoch)s::text IS NULL THEN c.district_id
             ELSE (SELECT (t.elsewhere ->> %(epoch)s)::bigint FROM rollups_tally t WHERE t.conversation_id = c.id) END
         AND c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
         -- No time zone is more than a day away: this is what the index of districts and times knows.
         AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
        CROSS JOIN LATERAL (SELECT coalesce(c.session_id::text, c.listener_id || ' ' || c.occurred_on) AS session) s
        WHERE placed.edition_id = %(edition)s AND placed.district_id = heard.place
          AND c.may_be_counted AND NOT c.is_test
          AND (cardinality(heard.sessions) < %(sessions)s AND s.session <> ALL (heard.sessions)
               OR cardinality(heard.listeners) < %(listeners)s AND c.listener_id <> ALL (heard.listeners))
          -- Not as EXISTS, for which all that was heard of the theme would be read first.
          AND (
              SELECT true
              FROM records_finding f
              JOIN records_findingtheme ft ON ft.finding_id = f.id
              JOIN codelists_theme theme ON theme.id = ft.theme_id
              WHERE f.conversation_id = c.id AND heard.theme IN (theme.id, theme.parent_id)
                AND %(kind)s IN ('any', f.kind)
              LIMIT 1
          )
        LIMIT 1
    ) AS another
)
SELECT DISTINCT ON (place, theme) place, theme, cardinality(sessions), cardinality(listeners)
FROM heard
WHERE step > 0
ORDER BY place, theme, step DESC
