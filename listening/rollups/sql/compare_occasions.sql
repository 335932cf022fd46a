-- rollups/sql/compare_occasions.sql
-- How many occasions do not say what the records say, and how many cells hold other sums than their occasions give. The
-- sums are those of the last merge, so they are held against the occasions that are merged. One statement, one moment.
SELECT (
    SELECT count(*)
    FROM rollups_current_occasion AS kept
    FULL JOIN rollups_recount_occasion AS true_count USING (role, cluster, day, district_id, theme_id, kind)
    WHERE kept.conversations IS DISTINCT FROM true_count.conversations
), (
    SELECT count(*)
    FROM (SELECT * FROM rollups_cell WHERE role IN (SELECT role FROM rollups_roles) AND (occasions, squares, crossed) <> (0, 0, 0)) AS kept
    FULL JOIN rollups_recount_sums AS true_sum USING (role, grain, theme_id, kind, bucket, district_id)
    WHERE (kept.occasions, kept.squares, kept.crossed)
          IS DISTINCT FROM (true_sum.occasions, true_sum.squares, true_sum.crossed)
)
