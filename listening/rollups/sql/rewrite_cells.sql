-- rollups/sql/rewrite_cells.sql
-- Write tallies, occasions, cells and squares anew from the records. The caller locks out writers and the merge, and keeps
-- the hexagons. Nobody writes meanwhile, so all conversations will be counted in every epoch.
UPDATE rollups_epoch SET is_ready = true;
DELETE FROM rollups_cell;
DELETE FROM rollups_tally;
DELETE FROM rollups_occasion;
DELETE FROM rollups_square;
DELETE FROM rollups_hexagon;
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
-- Refreshing logged every conversation as new, on top of what was unmerged; the recount holds all of it.
DELETE FROM rollups_delta;
DELETE FROM rollups_square_delta;
INSERT INTO rollups_occasion (role, cluster, day, district_id, theme_id, kind, conversations)
SELECT role, cluster, day, district_id, theme_id, kind, conversations FROM rollups_recount_occasion;
INSERT INTO rollups_cell
    (role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe, occasions, squares, crossed)
SELECT role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe,
       coalesce(occasions, 0), coalesce(squares, 0), coalesce(crossed, 0)
FROM rollups_recount
LEFT JOIN rollups_recount_sums AS sums
    USING (role, grain, theme_id, kind, bucket, district_id);
INSERT INTO rollups_square (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations)
SELECT zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations FROM rollups_recount_square;
-- Every tile may have changed, also one that is empty now.
UPDATE rollups_square_version SET version = nextval('rollups_square_change');
INSERT INTO rollups_square_version (tile_x, tile_y, version)
SELECT tile_x, tile_y, nextval('rollups_square_change')
FROM (SELECT DISTINCT tile_x, tile_y FROM rollups_square WHERE zoom = 13) AS tile
ON CONFLICT (tile_x, tile_y) DO NOTHING;
