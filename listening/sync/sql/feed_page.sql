-- sync/sql/feed_page.sql
-- The entries of some buckets after a position, in the order of the feed. Grain: one row per entry; rows: (pos, id).
-- :owner  id of a person, or null; :city  tiers of the whole city; :districts, :tiers  pairs side by side
-- :pos    the position up to which all was delivered; :limit  entries at most
SELECT pos, conversation_id
FROM (
    (SELECT pos, conversation_id FROM sync_change
     WHERE owner_id = %(owner)s AND pos > %(pos)s
     ORDER BY pos LIMIT %(limit)s)
    UNION ALL
    (SELECT pos, conversation_id FROM sync_change
     WHERE owner_id IS NULL AND tier = ANY (%(city)s::smallint[]) AND pos > %(pos)s
     ORDER BY pos LIMIT %(limit)s)
    UNION ALL
    (SELECT c.pos, c.conversation_id
     FROM unnest(%(districts)s::bigint[], %(tiers)s::smallint[]) AS asked (district_id, tier)
     CROSS JOIN LATERAL (
         SELECT pos, conversation_id FROM sync_change c
         WHERE c.owner_id IS NULL AND (c.district_id, c.tier) = (asked.district_id, asked.tier) AND c.pos > %(pos)s
         ORDER BY pos LIMIT %(limit)s) c)
) AS entry
ORDER BY pos LIMIT %(limit)s
