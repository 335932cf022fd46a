-- needmaps/sql/squares_as_tile.sql
-- Conversations by square, as the layer `density` of a vector tile (Mapbox Vector Tile 2.1): one bytea, empty without any.
-- :z, :x, :y           the tile, zoom 10 to 13: as many squares as there are rows of rollups_square, at most 64 by 64
-- :theme               id of a theme, 0 for all conversations
-- :first, :until       quarters, half open
-- :everywhere          up to which tier is counted everywhere (-1: nowhere)
-- :districts, :tiers   up to which tier is counted in which district, side by side
-- :fewest              fewest conversations that a square may show
-- The floor holds over zooms as well: a square of zoom 10 is divided in four only where each part that is not empty reaches
-- the floor, and so on down. Else parts that are hidden could be worked out as what is missing from the whole. Where a
-- square may not be divided, it is shown whole: `side` is then 2, 4 or 8 squares of this zoom.
WITH own AS (
    SELECT * FROM unnest(%(districts)s::bigint[], %(tiers)s::integer[]) AS own (district_id, tier)
), counted AS (
    SELECT one.square %% 64 AS x, one.square / 64 AS y, sum(one.conversations)::integer AS n
    FROM rollups_square one
    LEFT JOIN own USING (district_id)
    WHERE one.zoom = %(z)s AND one.theme_id = %(theme)s AND one.tile_x = %(x)s AND one.tile_y = %(y)s
      AND one.quarter >= %(first)s AND one.quarter < %(until)s
      AND one.tier <= greatest(%(everywhere)s, coalesce(own.tier, -1))
    GROUP BY one.square
), placed AS (
    SELECT *, x / 2 AS x2, y / 2 AS y2, x / 4 AS x4, y / 4 AS y4, x / 8 AS x8, y / 8 AS y8 FROM counted
), twos AS (
    -- The larger squares are named before the smaller ones, so that one sort serves all three.
    SELECT *, sum(n) OVER two AS n2, min(n) OVER two AS least1
    FROM placed WINDOW two AS (PARTITION BY x8, y8, x4, y4, x2, y2)
), fours AS (
    SELECT *, sum(n) OVER four AS n4, min(n2) OVER four AS least2
    FROM twos WINDOW four AS (PARTITION BY x8, y8, x4, y4)
), eights AS (
    SELECT *, min(n4) OVER (PARTITION BY x8, y8) AS least4 FROM fours
), sized AS (
    SELECT x, y, n,
           CASE WHEN %(z)s >= 13 AND least4 < %(fewest)s THEN 8
                WHEN %(z)s >= 12 AND least2 < %(fewest)s THEN 4
                WHEN %(z)s >= 11 AND least1 < %(fewest)s THEN 2
                ELSE 1 END AS side
    FROM eights
), shown AS (
    SELECT sum(n)::integer AS conversations, side, x / side AS x, y / side AS y
    FROM sized GROUP BY side, x / side, y / side
    HAVING sum(n) >= %(fewest)s
)
SELECT coalesce(ST_AsMVT(drawn, 'density', 4096, 'geom'), '')
FROM (
    -- Straight in the units of the tile, 64 to a square, y downwards; reversed, because there an outline goes clockwise.
    SELECT conversations, side,
           ST_Reverse(ST_MakeEnvelope(x * side * 64, y * side * 64, (x + 1) * side * 64, (y + 1) * side * 64)) AS geom
    FROM shown ORDER BY y * side, x * side
) AS drawn
