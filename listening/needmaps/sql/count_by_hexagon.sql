-- needmaps/sql/count_by_hexagon.sql
-- Conversations held, those that mention and mentions, with the sums over occasions, per hexagon. Reads tallies, not cells:
-- a place this small is in no cell. Grain: one row per hexagon, and one without for those that have too few conversations.
-- Conversations with a point that the last merge knows; an occasion is what one session, or one listener, heard in the
-- hexagon on one day.
-- :resolution          7, 8 or 9
-- :theme, :kind        of the numerator (0 and 'any' for all)
-- :first, :until       days, half open
-- :everywhere          up to which tier is counted everywhere (-1: nowhere)
-- :districts, :tiers   up to which tier is counted in which district, side by side
-- :fewest              fewest conversations that a hexagon may show
WITH own AS (
    SELECT * FROM unnest(%(districts)s::bigint[], %(tiers)s::integer[]) AS own (district_id, tier)
), held AS (
    SELECT CASE %(resolution)s WHEN 7 THEN h.r7 WHEN 8 THEN h.r8 ELSE h.r9 END AS hexagon, t.cluster, t.day,
           heard.mentions, heard.is_severe,
           (%(theme)s = 0 AND %(kind)s = 'any') OR heard.mentions > 0 AS is_mentioning
    FROM rollups_tally t
    JOIN rollups_hexagon h ON h.conversation_id = t.conversation_id AND h.spot = t.spot
    LEFT JOIN own ON own.district_id = t.district_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS mentions, coalesce(bool_or((fact ->> 3)::boolean), false) AS is_severe
        FROM jsonb_array_elements(t.facts) AS fact
        WHERE (%(theme)s = 0 OR fact -> 2 @> to_jsonb(%(theme)s::integer)) AND %(kind)s IN ('any', fact ->> 0)
    ) AS heard
    WHERE t.day >= %(first)s AND t.day < %(until)s AND t.tier <= greatest(%(everywhere)s, coalesce(own.tier, -1))
), occasion AS (
    SELECT hexagon, count(*) AS n, count(*) FILTER (WHERE is_mentioning) AS c, sum(mentions) AS mentions,
           count(*) FILTER (WHERE is_severe) AS severe
    FROM held GROUP BY hexagon, cluster, day
), told AS (
    SELECT hexagon, sum(n) AS held, sum(c) AS mentioning, sum(mentions) AS mentions, sum(severe) AS severe,
           count(*) AS occasions, sum(c * c) AS squares, sum(c * n) AS crossed, sum(n * n) AS held_squares
    FROM occasion GROUP BY hexagon
)
SELECT CASE WHEN held >= %(fewest)s THEN hexagon END AS shown,
       sum(held)::bigint, sum(mentioning)::bigint, sum(mentions)::bigint, sum(severe)::bigint,
       sum(occasions)::bigint, sum(squares)::bigint, sum(crossed)::bigint, sum(held_squares)::bigint
FROM told
GROUP BY shown
ORDER BY shown
