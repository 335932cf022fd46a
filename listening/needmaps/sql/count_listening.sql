-- needmaps/sql/count_listening.sql
-- Listening and residents per district of one edition. Grain: one row per district, and one without (id null) for what
-- has no place in the layer. Reads records: the counts of people are in no cell.
-- :edition             id     :epoch   number of the epoch in which it is counted; null: as of today
-- :first, :until       days, half open
-- :year                of the residents: the newest figure up to it, else the oldest after it
-- :most                people of one conversation that count at most
-- :districts           ids of the districts to count; null for all, with what has none
WITH heard AS (
    SELECT placed.district_id AS id, count(*) AS conversations,
           sum(least(c.people_count, %(most)s)) AS people,
           count(DISTINCT coalesce(c.session_id::text, c.listener_id || ' ' || c.occurred_on)) AS sessions,
           count(DISTINCT c.listener_id) AS listeners
    FROM (
        SELECT c.*, CASE WHEN %(epoch)s::text IS NULL THEN c.district_id
               ELSE (SELECT (t.elsewhere ->> %(epoch)s)::bigint FROM rollups_tally t WHERE t.conversation_id = c.id) END AS found_in
        FROM records_conversation c
    ) AS c
    LEFT JOIN districts_placement_in placed ON placed.edition_id = %(edition)s AND placed.source_id = c.found_in
    WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
      -- No time zone is more than a day away: this is what the index of times knows.
      AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
      AND c.may_be_counted AND NOT c.is_test
      AND (%(districts)s::bigint[] IS NULL OR c.found_in = ANY (%(districts)s::bigint[]))
    GROUP BY placed.district_id
), figure AS (
    SELECT DISTINCT ON (p.district_id) p.district_id, p.residents, p.exclude_from_rates
    FROM districts_population p
    ORDER BY p.district_id, p.year > %(year)s, abs(p.year - %(year)s), p.source
), place AS (
    SELECT d.id, d.code, d.name, d.exclude_from_rates OR coalesce(own.exclude_from_rates, false) AS is_excluded,
           -- A layer without figures of its own has those of the districts whose main parent it is.
           coalesce(own.residents, (
               SELECT sum(part.residents) FROM districts_membership m JOIN figure part ON part.district_id = m.child_id
               JOIN districts_district child ON child.id = m.child_id
               JOIN districts_boundaryedition e ON e.id = child.edition_id
               JOIN districts_layer l ON l.id = e.layer_id AND l.rank = 0
               WHERE m.parent_id = d.id AND m.is_main
           )) AS residents
    FROM districts_district d
    LEFT JOIN figure own ON own.district_id = d.id
    WHERE d.edition_id = %(edition)s AND (%(districts)s::bigint[] IS NULL OR d.id = ANY (%(districts)s::bigint[]))
)
SELECT place.id, place.code, place.name, place.residents::bigint, place.is_excluded,
       coalesce(heard.conversations, 0)::bigint, coalesce(heard.people, 0)::bigint,
       coalesce(heard.sessions, 0)::bigint, coalesce(heard.listeners, 0)::bigint
FROM place LEFT JOIN heard ON heard.id = place.id
UNION ALL
SELECT NULL, '', '', NULL, true, sum(conversations)::bigint, sum(people)::bigint, sum(sessions)::bigint, max(listeners)::bigint
FROM heard
WHERE heard.id IS NULL OR heard.id NOT IN (SELECT id FROM place)
HAVING count(*) > 0
ORDER BY 2
