-- rollups/sql/rewrite_cells.sql
-- Write tallies and cells anew from the records. The caller locks out writers and the merge.
DELETE FROM rollups_cell;
DELETE FROM rollups_tally;
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
-- Refreshing logged every conversation as new, on top of what was unmerged; the recount holds all of it.
DELETE FROM rollups_delta;
INSERT INTO rollups_cell (role, grain, theme_id, kind, bucket, district_id, conversations, mentions)
SELECT role, grain, theme_id, kind, bucket, district_id, conversations, mentions FROM rollups_recount;
