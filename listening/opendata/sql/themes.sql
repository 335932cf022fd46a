-- listening/opendata/sql/themes.sql
-- Themes as they were in releases that hold. Grain: release x theme.
SELECT t.id, t.release_id AS release, t.code, nullif(t.parent, '') AS parent, t.labels, t.sensitivity, t.position::int AS position
FROM releases_releasetheme t
JOIN releases_release r ON r.code = t.release_id AND r.status = 'published'
