-- rollups/sql/forget_cells.sql
-- Remove the cells of epochs that there are no more: after the merge they are at zero. The caller holds the advisory lock.
DELETE FROM rollups_cell
WHERE role NOT IN ('encounter', 'subject') AND role NOT IN (SELECT 'encounter:' || id FROM rollups_epoch)
  AND (conversations, mentions, severe, occasions, squares, crossed) = (0, 0, 0, 0, 0, 0)
