-- rollups/sql/compare_squares.sql
-- How many squares do not say what the records say, and how many conversations with a spot that is merged have no hexagons
-- of it, or have hexagons without a spot. One statement, hence one moment.
SELECT (
    SELECT count(*)
    FROM rollups_current_square AS kept
    FULL JOIN rollups_recount_square AS true_count
        USING (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier)
    WHERE kept.conversations IS DISTINCT FROM true_count.conversations
), (
    SELECT count(*)
    FROM (SELECT conversation_id, spot FROM rollups_tally WHERE spot IS NOT NULL) AS tally
    FULL JOIN rollups_hexagon AS hexagon USING (conversation_id)
    WHERE tally.spot IS DISTINCT FROM hexagon.spot
      AND NOT EXISTS (SELECT FROM rollups_square_delta d WHERE d.conversation_id = coalesce(tally.conversation_id, hexagon.conversation_id))
)
