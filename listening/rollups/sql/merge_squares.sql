-- rollups/sql/merge_squares.sql
-- Move some rows of the log of places into the squares, at all four zooms, and tell which tiles changed. Run by one session
-- at a time: the caller holds the advisory lock. One statement: a crash loses or doubles nothing.
-- :ids   rows of the log, the oldest ones: so that a place is added before it is taken away
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
    CROSS JOIN LATERAL (
        -- As rollups_square_of, which would be called for each row.
        SELECT ((spot >> 24) >> (24 - zoom))::integer AS tile_x, ((spot & 16777215) >> (24 - zoom))::integer AS tile_y,
               ((((spot & 16777215) >> (18 - zoom)) & 63) * 64 + (((spot >> 24) >> (18 - zoom)) & 63))::smallint AS square
    ) AS at
    GROUP BY z.zoom, theme_id, at.tile_x, at.tile_y, quarter, at.square, district_id, tier
    HAVING sum(change) <> 0
), more AS (
    -- Most of them, and never to nothing: they need no look at what there is.
    INSERT INTO rollups_square AS one (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations)
    SELECT zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, change FROM shift WHERE change > 0
    ORDER BY zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier
    ON CONFLICT ON CONSTRAINT rollups_square_pkey DO UPDATE SET conversations = one.conversations + excluded.conversations
), fewer AS MATERIALIZED (
    SELECT shift.*, known.conversations + change AS after
    FROM shift JOIN rollups_square known USING (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier)
    WHERE change < 0
), forgotten AS (
    DELETE FROM rollups_square one USING fewer
    WHERE fewer.after = 0
      AND (one.zoom, one.theme_id, one.tile_x, one.tile_y, one.quarter, one.square, one.district_id, one.tier)
        = (fewer.zoom, fewer.theme_id, fewer.tile_x, fewer.tile_y, fewer.quarter, fewer.square, fewer.district_id, fewer.tier)
), lowered AS (
    UPDATE rollups_square one SET conversations = fewer.after FROM fewer
    WHERE fewer.after <> 0
      AND (one.zoom, one.theme_id, one.tile_x, one.tile_y, one.quarter, one.square, one.district_id, one.tier)
        = (fewer.zoom, fewer.theme_id, fewer.tile_x, fewer.tile_y, fewer.quarter, fewer.square, fewer.district_id, fewer.tier)
)
INSERT INTO rollups_square_version (tile_x, tile_y, version)
SELECT tile_x, tile_y, (SELECT nextval('rollups_square_change')) FROM shift WHERE zoom = 13
GROUP BY tile_x, tile_y
ORDER BY tile_x, tile_y
ON CONFLICT (tile_x, tile_y) DO UPDATE SET version = excluded.version
