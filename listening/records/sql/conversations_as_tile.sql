-- records/sql/conversations_as_tile.sql
-- Conversations as a vector tile (Mapbox Vector Tile 2.1): the layer `conversations` with id, day and channel and nothing
-- else, and the layer `meta` with one feature in the middle that says whether more lie there.
-- :z, :x, :y        the tile, of WebMercatorQuad
-- :ids              the conversations
-- :truncated        whether they are the newest of more
WITH frame AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box
)
SELECT coalesce((
    SELECT ST_AsMVT(shown, 'conversations', 4096, 'geom')
    FROM (
        SELECT c.id::text AS id, c.occurred_on::text AS occurred_on, c.channel,
               ST_AsMVTGeom(ST_Transform(c.location, 3857), frame.box, 4096, 0, false) AS geom
        FROM records_conversation c CROSS JOIN frame
        WHERE c.id = ANY (%(ids)s::uuid[])
        ORDER BY c.occurred_at DESC, c.id DESC
    ) AS shown
) || (
    SELECT ST_AsMVT(meta, 'meta', 4096, 'geom')
    FROM (
        SELECT cardinality(%(ids)s::uuid[]) AS conversations, %(truncated)s::boolean AS truncated,
               ST_MakePoint(2048, 2048) AS geom
    ) AS meta
), '')
