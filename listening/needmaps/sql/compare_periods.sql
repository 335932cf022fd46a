-- needmaps/sql/compare_periods.sql
-- All themes of one kind, in up to three periods side by side: now, the one it is compared with, and the four quarters
-- before. Grain: one row per theme x district that has any, the district being the one that records are stored under: which
-- places of a layer these lie in, the caller knows. Theme 0 holds all conversations, whatever their kind.
-- :role       the cells in which it is counted
-- :themes, :kind   cells of the numerators ('any' for all kinds)
-- :windows, :grains, :firsts, :untils   runs of whole years, quarters, months and days, each of a window: now, ref, base
-- :first, :until   days that hold all windows, for the log
-- :districts  ids of the districts to count; null for all, with what has none (district 0)
WITH span AS (
    SELECT * FROM unnest(%(windows)s::text[], %(grains)s::text[], %(firsts)s::date[], %(untils)s::date[])
        AS s (span, grain, first, until)
), wanted AS (
    -- Joined, so that each is one range of the index.
    SELECT 0 AS theme_id, 'any' AS kind UNION SELECT theme, %(kind)s FROM unnest(%(themes)s::integer[]) AS t (theme)
), counted AS (
    SELECT span.span, cell.district_id, cell.theme_id, cell.conversations, cell.conversations AS merged, cell.occasions,
           cell.squares, cell.crossed, cell.mentions, cell.severe
    FROM span CROSS JOIN wanted
    JOIN rollups_cell cell
      ON cell.role = %(role)s COLLATE "C" AND cell.grain = span.grain COLLATE "C" AND cell.theme_id = wanted.theme_id
     AND cell.kind = wanted.kind COLLATE "C" AND cell.bucket >= span.first AND cell.bucket < span.until
    UNION ALL
    SELECT span.span, delta.district_id, delta.theme_id, delta.conversations, 0, 0, 0, 0, delta.mentions, delta.severe
    FROM rollups_delta delta
    JOIN wanted ON delta.theme_id = wanted.theme_id AND delta.kind = wanted.kind COLLATE "C"
    JOIN span ON delta.day >= span.first AND delta.day < span.until
    WHERE delta.role = %(role)s COLLATE "C" AND delta.day >= %(first)s AND delta.day < %(until)s
)
SELECT district_id, theme_id,
       coalesce(sum(conversations) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(merged) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(occasions) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(squares) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(crossed) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(conversations) FILTER (WHERE span = 'ref'), 0)::bigint,
       coalesce(sum(merged) FILTER (WHERE span = 'ref'), 0)::bigint,
       coalesce(sum(occasions) FILTER (WHERE span = 'ref'), 0)::bigint,
       coalesce(sum(squares) FILTER (WHERE span = 'ref'), 0)::bigint,
       coalesce(sum(crossed) FILTER (WHERE span = 'ref'), 0)::bigint,
       coalesce(sum(conversations) FILTER (WHERE span = 'base'), 0)::bigint,
       coalesce(sum(merged) FILTER (WHERE span = 'base'), 0)::bigint,
       coalesce(sum(occasions) FILTER (WHERE span = 'base'), 0)::bigint,
       coalesce(sum(squares) FILTER (WHERE span = 'base'), 0)::bigint,
       coalesce(sum(crossed) FILTER (WHERE span = 'base'), 0)::bigint,
       coalesce(sum(mentions) FILTER (WHERE span = 'now'), 0)::bigint,
       coalesce(sum(severe) FILTER (WHERE span = 'now'), 0)::bigint
FROM counted
WHERE %(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[])
GROUP BY district_id, theme_id
