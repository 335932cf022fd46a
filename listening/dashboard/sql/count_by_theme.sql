-- dashboard/sql/count_by_theme.sql
-- Conversations that mention each theme, over a period. Grain: one row per theme that has any.
-- :role   the cells that are counted
-- :kind   kind of finding, 'any' for all
-- :districts   ids of the districts to count; null for all, with what has none
-- :grains, :firsts, :untils   the period cut into runs of whole years, quarters, months and days (half open)
WITH span AS (
    SELECT * FROM unnest(%(grains)s::text[], %(firsts)s::date[], %(untils)s::date[]) AS s (grain, first, until)
), counted AS (
    SELECT cell.theme_id, cell.district_id, cell.conversations
    FROM span
    JOIN rollups_cell cell
      ON cell.grain = span.grain COLLATE "C" AND cell.bucket >= span.first AND cell.bucket < span.until
    WHERE cell.role = %(role)s COLLATE "C" AND cell.kind = %(kind)s AND cell.theme_id > 0
    UNION ALL
    SELECT delta.theme_id, delta.district_id, delta.conversations
    FROM rollups_delta delta
    WHERE delta.role = %(role)s COLLATE "C" AND delta.kind = %(kind)s AND delta.theme_id > 0
      AND delta.day >= %(first)s AND delta.day < %(until)s
)
SELECT theme_id, sum(conversations)::bigint
FROM counted
WHERE %(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[])
GROUP BY theme_id
HAVING sum(conversations) > 0
