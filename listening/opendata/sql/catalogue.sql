-- listening/opendata/sql/catalogue.sql
-- What collections there are, as one JSON value: editions of layers, and all releases with their bounds; the newest first.
SELECT json_build_object(
    'editions', (
        SELECT coalesce(json_agg(json_build_object(
            'id', e.id, 'layer', l.code, 'names', l.names, 'code', e.code, 'from', e.valid_from, 'to', e.valid_to,
            'is_schematic', e.is_schematic, 'source', e.source, 'licence', e.licence, 'box', drawn.box
        ) ORDER BY l.rank, l.code, e.valid_from DESC), '[]')
        FROM districts_boundaryedition e
        JOIN districts_layer l ON l.id = e.layer_id
        CROSS JOIN LATERAL (
            SELECT ARRAY[ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)] AS box
            FROM (SELECT ST_Extent(d.geometry) AS b FROM districts_district d WHERE d.edition_id = e.id) AS whole
        ) AS drawn
        WHERE e.status = 'active'
    ),
    'releases', (
        SELECT coalesce(json_agg(json_build_object(
            'code', r.code, 'quarter', r.quarter, 'status', r.status, 'licence', r.licence, 'at', r.withdrawn_at,
            'reason', r.withdrawal_reason, 'box', drawn.box,
            'periods', (SELECT coalesce(json_agg(DISTINCT n.period), '[]') FROM releases_releaseneed n
                        WHERE n.release_id = r.code),
            'years', (SELECT coalesce(json_agg(DISTINCT b.period), '[]') FROM releases_releaseband b
                      WHERE b.release_id = r.code)
        ) ORDER BY r.quarter DESC, r.revision DESC), '[]')
        FROM releases_release r
        CROSS JOIN LATERAL (
            SELECT ARRAY[ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)] AS box
            FROM (SELECT ST_Extent(p.geometry) AS b FROM releases_releaseplace p WHERE p.release_id = r.code) AS whole
        ) AS drawn
    )
)
