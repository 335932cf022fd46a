-- listening/opendata/sql/map_places.sql
-- The places of one published need map, with what is told of each. Grain: one row per place of the layer, in their order.
-- :release   its code      :period, :layer, :theme   of the map
SELECT p.id, p.code, p.name, p.edition, coalesce(e.is_schematic, false), coalesce(e.source, ''),
       coalesce(n.conversations, 0), coalesce(n.mentioning, 0), n.share_eb, n.share_low, n.share_high,
       coalesce(n.reliability, 'X'), n.class_index, ST_AsGeoJSON(p.geometry, 5)
FROM releases_releaseplace p
JOIN releases_release r ON r.code = p.release_id AND r.status = 'published'
JOIN districts_district d ON d.id = p.district_id
JOIN districts_boundaryedition e ON e.id = d.edition_id
LEFT JOIN releases_releaseneed n
    ON n.release_id = p.release_id AND n.layer = p.layer AND n.place = p.code
   AND n.period = %(period)s AND n.theme = %(theme)s
WHERE p.release_id = %(release)s AND p.layer = %(layer)s
ORDER BY p.position, p.code
