-- rollups/sql/fold_changes.sql
-- Fold the log of marks into one mark per quarter and district. No version changes by it: the exclusive or has no order. One statement: a
-- reader sees a mark in the log or folded, never both or neither. Run by one session at a time: the caller holds the lock.
WITH taken AS (
    DELETE FROM rollups_change RETURNING quarter, district_id, mark
)
INSERT INTO rollups_version AS held (quarter, district_id, mark)
SELECT quarter, district_id, bit_xor(mark) FROM taken GROUP BY quarter, district_id ORDER BY quarter, district_id
ON CONFLICT (quarter, district_id) DO UPDATE SET mark = held.mark # excluded.mark
