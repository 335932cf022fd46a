-- listening/opendata/sql/releases.sql
-- All releases with their files, the newest first. Rows: one JSON value each.
SELECT json_build_object(
    'code', r.code, 'quarter', r.quarter, 'revision', r.revision, 'status', r.status, 'published_at', r.published_at,
    'withdrawn_at', r.withdrawn_at, 'withdrawal_reason', nullif(r.withdrawal_reason, ''),
    'correction', nullif(r.correction, ''), 'licence', r.licence, 'scheme', r.scheme, 'rounding_base', r.rounding_base,
    'boundary_editions', r.boundary_editions, 'method', r.method, 'manifest_sha256', r.manifest_sha256,
    'previous', r.previous_id,
    'bbox', (SELECT json_build_array(ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b))
             FROM (SELECT ST_Extent(p.geometry) AS b FROM releases_releaseplace p WHERE p.release_id = r.code) AS whole),
    'files', CASE WHEN r.status = 'published' THEN (
        SELECT coalesce(json_agg(json_build_object(
            'name', f.name, 'media_type', f.media_type, 'bytes', f.bytes, 'sha256', f.sha256) ORDER BY f.name), '[]')
        FROM releases_releasefile f WHERE f.release_id = r.code) ELSE '[]'::json END
)
FROM releases_release r
ORDER BY r.quarter DESC, r.revision DESC
