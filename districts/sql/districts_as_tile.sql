-- districts/sql/districts_as_tile.sql
-- Districts as the layer `districts` of a vector tile (Mapbox Vector Tile 2.1): one bytea, empty when none meets the tile.
-- The id of a feature is that of its district, for maps that join values to shapes.
-- :z, :x, :y        the tile, of WebMercatorQuad
-- :ids, :shapes     districts and their geometries (WKB, EPSG:4326), side by side
SELECT coalesce(ST_AsMVT(shown, 'districts', 4096, 'geom', 'feature_id'), '')
FROM (
    SELECT d.id AS feature_id, d.id, d.code, d.name,
           -- A margin of 64 of 4096, so that outlines do not show where tiles meet.
           ST_AsMVTGeom(ST_Transform(ST_GeomFromWKB(shape.wkb, 4326), 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64)
               AS geom
    FROM unnest(%(ids)s::bigint[], %(shapes)s::bytea[]) AS shape (id, wkb)
    JOIN districts_district d ON d.id = shape.id
    ORDER BY d.code
) AS shown
WHERE geom IS NOT NULL
