-- needmaps/sql/compare_periods.sql
-- All themes of one kind, in up to three periods side by side: now, the one it is compared with, and the four quarters
-- before. Grain: one row per period x theme x district x where it is counted, the cells of the last merge or the log since;
-- to be added up. The district is the one that records are stored under: which places of a layer it lies in, the caller
-- knows. Theme 0 holds all conversations, whatever their kind.
-- :role       the cells in which it is counted
-- :themes, :kind   cells of the numerators ('any' for all kinds)
-- :windows, :grains, :firsts, :untils   runs of whole years, quarters, months and days, each of a window: 0 now, 1 the one it
--             is compared with, 2 those before, of which conversations are told alone
-- :first, :until   days that hold all windows, for the log
-- :districts  ids of the districts to count; null for all, with what has none (district 0)
-- Cells of the first two are not added up here: there are about as many as there would be sums, and adding took as long as
-- reading.
WITH span AS (
    SELECT * FROM unnest(%(windows)s::integer[], %(grains)s::text[], %(firsts)s::date[], %(untils)s::date[])
        AS s (span, grain, first, until)
), wanted AS (
    -- Joined, so that each is one range of the index.
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT theme, %(kind)s FROM unnest(%(themes)s::integer[]) AS t (theme)
), cells AS NOT MATERIALIZED (
    SELECT span.span, cell.*
    FROM span CROSS JOIN wanted
    JOIN rollups_cell cell
      ON cell.role = %(role)s COLLATE "C" AND cell.grain = span.grain COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket >= span.first AND cell.bucket < span.until
    WHERE %(districts)s::bigint[] IS NULL OR cell.district_id = ANY (%(districts)s::bigint[])
)
SELECT span, theme_id, district_id, conversations::bigint, conversations::bigint AS merged, occasions::bigint,
       squares::bigint, crossed::bigint, mentions::bigint, severe::bigint
FROM cells WHERE span < 2
UNION ALL
SELECT span, theme_id, district_id, sum(conversations)::bigint, 0, 0, 0, 0, 0, 0
FROM cells WHERE span = 2
GROUP BY span, theme_id, district_id
UNION ALL
SELECT span.span, delta.theme_id, delta.district_id, sum(delta.conversations)::bigint, 0, 0, 0, 0,
       sum(delta.mentions)::bigint, sum(delta.severe)::bigint
FROM rollups_delta delta
JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
JOIN span ON delta.day >= span.first AND delta.day < span.until
WHERE delta.role = %(role)s COLLATE "C" AND delta.day >= %(first)s AND delta.day < %(until)s
  AND (%(districts)s::bigint[] IS NULL OR delta.district_id = ANY (%(districts)s::bigint[]))
GROUP BY span.span, delta.theme_id, delta.district_id
