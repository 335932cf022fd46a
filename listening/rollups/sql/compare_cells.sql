-- rollups/sql/compare_cells.sql
-- Cells that do not say what the records say. One statement, hence one moment: writers and merges may go on beside it.
SELECT role, grain, theme_id, kind, bucket, district_id,
       coalesce(kept.conversations, 0), coalesce(kept.mentions, 0), coalesce(kept.severe, 0),
       coalesce(true_count.conversations, 0), coalesce(true_count.mentions, 0), coalesce(true_count.severe, 0)
FROM rollups_current AS kept
FULL JOIN rollups_recount AS true_count USING (role, grain, theme_id, kind, bucket, district_id)
WHERE (kept.conversations, kept.mentions, kept.severe)
      IS DISTINCT FROM (true_count.conversations, true_count.mentions, true_count.severe)
ORDER BY role, grain, theme_id, kind, bucket, district_id
