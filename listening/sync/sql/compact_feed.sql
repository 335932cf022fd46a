-- sync/sql/compact_feed.sql
-- Shorten the feed. One row: (superseded, forgotten), numbers of entries that were deleted.
-- :before  entries that say that something left a bucket are deleted when they are older
-- Deleting what a newer entry of the same bucket and conversation stands for hides nothing from anybody: the newer one has a
-- higher position. What says that something left is needed by whoever has not read it: hence the floor.
WITH superseded AS (
    DELETE FROM sync_change c
    USING (
        SELECT pos, lead(pos) OVER (PARTITION BY conversation_id, owner_id, district_id, tier ORDER BY pos) AS newer
        FROM sync_change
    ) AS entry
    WHERE c.pos = entry.pos AND entry.newer IS NOT NULL
    RETURNING c.pos
), forgotten AS (
    DELETE FROM sync_change c
    WHERE c.at < %(before)s
      AND NOT EXISTS (SELECT FROM superseded s WHERE s.pos = c.pos)
      AND NOT EXISTS (
          SELECT FROM sync_held h
          WHERE h.conversation_id = c.conversation_id
            AND (h.owner_id = c.owner_id OR (h.district_id, h.tier) = (c.district_id, c.tier)))
    RETURNING c.pos
), raised AS (
    UPDATE sync_feedstate SET floor = greatest(floor, (SELECT max(pos) FROM forgotten))
    WHERE EXISTS (SELECT FROM forgotten)
)
SELECT (SELECT count(*) FROM superseded), (SELECT count(*) FROM forgotten)
