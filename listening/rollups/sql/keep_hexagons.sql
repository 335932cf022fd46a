-- rollups/sql/keep_hexagons.sql
-- Write which hexagons some conversations lie in; those that have no spot any more are forgotten.
-- :conversations             all that are looked at
-- :placed, :spots, :r7, :r8, :r9   those that have a spot, side by side
WITH forgotten AS (
    DELETE FROM rollups_hexagon
    WHERE conversation_id = ANY (%(conversations)s) AND conversation_id <> ALL (%(placed)s::uuid[])
)
INSERT INTO rollups_hexagon (conversation_id, spot, r7, r8, r9)
SELECT * FROM unnest(%(placed)s::uuid[], %(spots)s::bigint[], %(r7)s::bigint[], %(r8)s::bigint[], %(r9)s::bigint[])
ON CONFLICT (conversation_id) DO UPDATE
    SET spot = excluded.spot, r7 = excluded.r7, r8 = excluded.r8, r9 = excluded.r9
