-- needmaps/sql/count_by_district.sql
-- Conversations held, conversations that mention, and mentions, per district of one layer, over a period.
-- Grain: one row per district that has any; the row without a district holds what has no place in this layer.
-- :layer            id of the layer       :theme, :kind   cell of the numerator (0 and 'any' for all)
-- :grains, :firsts, :untils   the period cut into runs of whole years, quarters, months and days (half open)
-- :districts        ids of the districts to count; null for all, with what has none
-- Merged cells and unmerged log are read in one snapshot, so the caller sees its own last write and no change twice.
WITH span AS (
    SELECT * FROM unnest(%(grains)s::text[], %(firsts)s::date[], %(untils)s::date[]) AS s (grain, first, until)
), wanted AS (
    -- Denominator and numerator; joined, not OR-ed, so that each is one range of the index.
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT %(theme)s, %(kind)s
), counted AS (
    SELECT cell.district_id, cell.theme_id, cell.kind, cell.conversations, cell.mentions
    FROM span CROSS JOIN wanted
    JOIN rollups_cell cell
      ON cell.role = 'encounter' AND cell.grain = span.grain COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket >= span.first AND cell.bucket < span.until
    UNION ALL
    SELECT delta.district_id, delta.theme_id, delta.kind, delta.conversations, delta.mentions
    FROM rollups_delta delta
    JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
    WHERE delta.role = 'encounter' AND delta.day >= %(first)s AND delta.day < %(until)s
), total AS (
    SELECT district_id AS source_id,
           coalesce(sum(conversations) FILTER (WHERE theme_id = 0 AND kind = 'any'), 0) AS conversations,
           coalesce(sum(conversations) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0) AS mentioning,
           coalesce(sum(mentions) FILTER (WHERE theme_id = %(theme)s AND kind = %(kind)s), 0) AS mentions
    FROM counted
    WHERE %(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[])
    GROUP BY district_id
)
SELECT placed.district_id, sum(total.conversations)::bigint, sum(total.mentioning)::bigint, sum(total.mentions)::bigint
FROM total
LEFT JOIN districts_placement placed ON placed.layer_id = %(layer)s AND placed.source_id = total.source_id
GROUP BY placed.district_id
