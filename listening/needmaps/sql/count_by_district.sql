-- needmaps/sql/count_by_district.sql
-- Conversations held, those that mention and mentions, with the sums over occasions, per district of some editions.
-- Grain: one row per edition and district that has any; the row without a district holds what has no place in it.
-- :editions         ids of editions of several layers, which held together; :role   the cells in which these were counted
-- :theme, :kind   cell of the numerator (0 and 'any' for all)
-- :grains, :firsts, :untils   the period cut into runs of whole years, quarters, months and days (half open)
-- :districts        ids of the districts to count; null for all, with what has none
-- Merged cells and unmerged log are read in one snapshot, so the caller sees its own last write and no change twice. The
-- sums over occasions, and the counts that belong to them (…merged), are those of the last merge.
WITH span AS (
    SELECT * FROM unnest(%(grains)s::text[], %(firsts)s::date[], %(untils)s::date[]) AS s (grain, first, until)
), wanted AS (
    -- Denominator and numerator; joined, not OR-ed, so that each is one range of the index.
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT %(theme)s, %(kind)s
), counted AS (
    SELECT cell.district_id, cell.theme_id, cell.kind, cell.conversations, cell.mentions, cell.severe,
           cell.conversations AS merged, cell.occasions, cell.squares, cell.crossed
    FROM span CROSS JOIN wanted
    JOIN rollups_cell cell
      ON cell.role = %(role)s COLLATE "C" AND cell.grain = span.grain COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket >= span.first AND cell.bucket < span.until
    UNION ALL
    SELECT delta.district_id, delta.theme_id, delta.kind, delta.conversations, delta.mentions, delta.severe, 0, 0, 0, 0
    FROM rollups_delta delta
    JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
    WHERE delta.role = %(role)s COLLATE "C" AND delta.day >= %(first)s AND delta.day < %(until)s
), total AS (
    SELECT district_id AS source_id,
           sum(conversations) FILTER (WHERE theme_id = 0 AND kind = 'any') AS held,
           sum(occasions) FILTER (WHERE theme_id = 0 AND kind = 'any') AS occasions,
           sum(merged) FILTER (WHERE theme_id = 0 AND kind = 'any') AS held_merged,
           sum(squares) FILTER (WHERE theme_id = 0 AND kind = 'any') AS held_squares,
           sum(conversations) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS mentioning,
           sum(mentions) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS mentions,
           sum(severe) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS severe,
           sum(merged) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS merged,
           sum(squares) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS squares,
           sum(crossed) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s) AS crossed
    FROM counted
    WHERE %(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[])
    GROUP BY district_id
)
SELECT edition.id, placed.district_id,
       coalesce(sum(total.held), 0)::bigint, coalesce(sum(total.mentioning), 0)::bigint,
       coalesce(sum(total.mentions), 0)::bigint, coalesce(sum(total.severe), 0)::bigint,
       coalesce(sum(total.occasions), 0)::bigint, coalesce(sum(total.held_merged), 0)::bigint,
       coalesce(sum(total.merged), 0)::bigint, coalesce(sum(total.squares), 0)::bigint,
       coalesce(sum(total.crossed), 0)::bigint, coalesce(sum(total.held_squares), 0)::bigint
FROM total
CROSS JOIN unnest(%(editions)s::bigint[]) AS edition (id)
LEFT JOIN districts_placement_in placed ON placed.edition_id = edition.id AND placed.source_id = total.source_id
GROUP BY edition.id, placed.district_id
