-- listening/opendata/sql/places.sql
-- Places of releases that hold. Grain: release x layer x place.
SELECT p.id, p.release_id AS release, p.layer, p.edition, p.code, p.name, p.residents,
       array_to_string(p.merged, ' ') AS merged, p.parents, p.geometry
FROM releases_releaseplace p
JOIN releases_release r ON r.code = p.release_id AND r.status = 'published'
