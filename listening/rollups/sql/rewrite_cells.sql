-- rollups/sql/rewrite_cells.sql
-- Write tallies, occasions and cells anew from the records. The caller locks out writers and the merge.
-- Nobody writes meanwhile, so all conversations will be counted in every epoch.
UPDATE rollups_epoch SET is_ready = true;
DELETE FROM rollups_cell;
DELETE FROM rollups_tally;
DELETE FROM rollups_occasion;
SELECT rollups_refresh(array_agg(id)) FROM records_conversation;
-- Refreshing logged every conversation as new, on top of what was unmerged; the recount holds all of it.
DELETE FROM rollups_delta;
INSERT INTO rollups_occasion (role, cluster, day, district_id, theme_id, kind, conversations)
SELECT role, cluster, day, district_id, theme_id, kind, conversations FROM rollups_recount_occasion;
INSERT INTO rollups_cell
    (role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe, occasions, squares, crossed)
SELECT role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe,
       coalesce(occasions, 0), coalesce(squares, 0), coalesce(crossed, 0)
FROM rollups_recount
LEFT JOIN rollups_recount_sums AS sums
    USING (role, grain, theme_id, kind, bucket, district_id);
