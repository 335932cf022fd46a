-- needmaps/sql/count_series.sql
-- Conversations held and those that mention, quarter by quarter, with the sums over occasions, as count_by_district.sql.
-- Grain: one row per quarter and district that has any; the row without a district holds what has no place in the edition.
-- :edition    id of the edition     :role   the cells in which it is counted
-- :theme, :kind   cell of the numerator (0 and 'any' for all)
-- :firsts     first days of the quarters, in order; :first, :until   days that hold them all, for the log
-- :districts  ids of the districts to count; null for all, with what has none
WITH span AS (
    SELECT first, (first + interval '3 months')::date AS until FROM unnest(%(firsts)s::date[]) AS s (first)
), wanted AS (
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT %(theme)s, %(kind)s
), counted AS (
    SELECT span.first, cell.district_id, cell.theme_id, cell.kind, cell.conversations, cell.conversations AS merged,
           cell.occasions, cell.squares, cell.crossed
    FROM span CROSS JOIN wanted
    JOIN rollups_cell cell
      ON cell.role = %(role)s COLLATE "C" AND cell.grain = 'quarter' COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket = span.first
    UNION ALL
    SELECT span.first, delta.district_id, delta.theme_id, delta.kind, delta.conversations, 0, 0, 0, 0
    FROM rollups_delta delta
    JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
    JOIN span ON delta.day >= span.first AND delta.day < span.until
    WHERE delta.role = %(role)s COLLATE "C" AND delta.day >= %(first)s AND delta.day < %(until)s
)
SELECT counted.first, placed.district_id,
       coalesce(sum(conversations) FILTER (WHERE theme_id = 0 AND kind = 'any'), 0)::bigint,
       coalesce(sum(conversations) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0)::bigint,
       coalesce(sum(occasions) FILTER (WHERE theme_id = 0 AND kind = 'any'), 0)::bigint,
       coalesce(sum(merged) FILTER (WHERE theme_id = 0 AND kind = 'any'), 0)::bigint,
       coalesce(sum(merged) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0)::bigint,
       coalesce(sum(squares) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0)::bigint,
       coalesce(sum(crossed) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0)::bigint,
       coalesce(sum(squares) FILTER (WHERE theme_id = 0 AND kind = 'any'), 0)::bigint
FROM counted
LEFT JOIN districts_placement_in placed
  ON placed.edition_id = %(edition)s AND placed.source_id = counted.district_id
WHERE %(districts)s::bigint[] IS NULL OR counted.district_id = ANY (%(districts)s::bigint[])
GROUP BY counted.first, placed.district_id
