-- sync/sql/bucket_page.sql
-- The conversations that lie in some buckets, in the order of their ids. Grain: one row per conversation; rows: (id).
-- :owner  id of a person, or null; :city  tiers of the whole city; :districts, :tiers  pairs side by side
-- :after  the last id of the page before, or null; :limit  conversations at most
-- Each part ends at the limit by its own index; together they hold the first :limit.
SELECT conversation_id
FROM (
    (SELECT conversation_id FROM sync_held
     WHERE owner_id = %(owner)s AND (%(after)s::uuid IS NULL OR conversation_id > %(after)s::uuid)
     ORDER BY conversation_id LIMIT %(limit)s)
    UNION
    (SELECT conversation_id FROM sync_held
     WHERE tier = ANY (%(city)s::smallint[]) AND (%(after)s::uuid IS NULL OR conversation_id > %(after)s::uuid)
     ORDER BY conversation_id LIMIT %(limit)s)
    UNION
    (SELECT h.conversation_id
     FROM unnest(%(districts)s::bigint[], %(tiers)s::smallint[]) AS asked (district_id, tier)
     CROSS JOIN LATERAL (
         SELECT conversation_id FROM sync_held h
         WHERE (h.district_id, h.tier) = (asked.district_id, asked.tier)
           AND (%(after)s::uuid IS NULL OR conversation_id > %(after)s::uuid)
         ORDER BY conversation_id LIMIT %(limit)s) h)
) AS lying
ORDER BY conversation_id LIMIT %(limit)s
