-- needmaps/sql/cells_by_period.sql
-- All themes of one layer and kind, period by period. Grain: one row per district x theme x bucket that has any; theme 0
-- holds all conversations, whatever their kind.
-- :edition    id of the edition     :role   the cells in which it is counted
-- :themes, :kind   cells of the numerators ('any' for all kinds)
-- :grain      month, quarter or year; a bucket is known by its first day
-- :first, :until   days, on boundaries of the grain (half open)
-- :districts  ids of the districts to count; null for all, with what has none (district 0)
WITH wanted AS (
    -- Joined, so that each is one range of the index.
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT theme, %(kind)s FROM unnest(%(themes)s::integer[]) AS t (theme)
), counted AS (
    SELECT cell.bucket, cell.district_id, cell.theme_id, cell.conversations, cell.conversations AS merged, cell.occasions,
           cell.squares, cell.crossed, cell.mentions, cell.severe
    FROM wanted
    JOIN rollups_cell cell
      ON cell.role = %(role)s COLLATE "C" AND cell.grain = %(grain)s COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket >= %(first)s AND cell.bucket < %(until)s
    UNION ALL
    SELECT date_trunc(%(grain)s, delta.day)::date, delta.district_id, delta.theme_id, delta.conversations, 0, 0, 0, 0,
           delta.mentions, delta.severe
    FROM rollups_delta delta
    JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
    WHERE delta.role = %(role)s COLLATE "C" AND delta.day >= %(first)s AND delta.day < %(until)s
)
SELECT coalesce(placed.district_id, 0), counted.theme_id, counted.bucket,
       sum(conversations)::bigint, sum(merged)::bigint, sum(occasions)::bigint, sum(squares)::bigint,
       sum(crossed)::bigint, sum(mentions)::bigint, sum(severe)::bigint
FROM counted
LEFT JOIN districts_placement_in placed ON placed.edition_id = %(edition)s AND placed.source_id = counted.district_id
WHERE %(districts)s::bigint[] IS NULL OR counted.district_id = ANY (%(districts)s::bigint[])
GROUP BY placed.district_id, counted.theme_id, counted.bucket
