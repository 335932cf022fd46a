-- rollups/sql/merge_squares.sql
-- Move some rows of the log of places into the squares, at all four zooms, and tell which tiles changed. Run by one session
-- at a time: the caller holds the advisory lock. One statement: a crash loses or doubles nothing.
-- :ids   rows of the log
WITH taken AS (
    DELETE FROM rollups_square_delta WHERE id = ANY (%(ids)s)
    RETURNING spot, quarter, district_id, tier, themes, change
), net AS (
    SELECT theme_id, spot, quarter, district_id, tier, sum(change) AS change
    FROM taken CROSS JOIN LATERAL unnest(0 || themes) AS theme (theme_id)
    GROUP BY theme_id, spot, quarter, district_id, tier
    HAVING sum(change) <> 0
), shift AS MATERIALIZED (
    SELECT z.zoom, theme_id, at.tile_x, at.tile_y, quarter, at.square, district_id, tier, sum(change)::integer AS change
    FROM net
    CROSS JOIN (VALUES (10::smallint), (11), (12), (13)) AS z (zoom)
    CROSS JOIN LATERAL rollups_square_of(spot, z.zoom) AS at
    GROUP BY z.zoom, theme_id, at.tile_x, at.tile_y, quarter, at.square, district_id, tier
    HAVING sum(change) <> 0
), state AS MATERIALIZED (
    SELECT shift.*, known.conversations AS before, coalesce(known.conversations, 0) + change AS after
    FROM shift
    LEFT JOIN rollups_square known USING (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier)
), forgotten AS (
    DELETE FROM rollups_square one USING state
    WHERE state.after = 0
      AND (one.zoom, one.theme_id, one.tile_x, one.tile_y, one.quarter, one.square, one.district_id, one.tier)
        = (state.zoom, state.theme_id, state.tile_x, state.tile_y, state.quarter, state.square, state.district_id, state.tier)
), kept AS (
    INSERT INTO rollups_square (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations)
    SELECT zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, after FROM state WHERE after <> 0
    ORDER BY zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier
    ON CONFLICT ON CONSTRAINT rollups_square_pkey DO UPDATE SET conversations = excluded.conversations
)
INSERT INTO rollups_square_version (tile_x, tile_y, version)
SELECT tile_x, tile_y, (SELECT nextval('rollups_square_change')) FROM state WHERE zoom = 13
GROUP BY tile_x, tile_y
ORDER BY tile_x, tile_y
ON CONFLICT (tile_x, tile_y) DO UPDATE SET version = excluded.version
