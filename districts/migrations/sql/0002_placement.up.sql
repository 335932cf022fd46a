-- Today, by the calendar of the city: its midnight is not that of UTC.
CREATE FUNCTION districts_day() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (now() AT TIME ZONE coalesce(nullif(current_setting('listening.time_zone', true), ''), 'UTC'))::date
$$;

-- The districts of the editions valid today.
CREATE VIEW districts_today AS
SELECT d.id, d.code, d.geometry, e.id AS edition_id, e.layer_id, l.rank
FROM districts_district d
JOIN districts_boundaryedition e ON e.id = d.edition_id
JOIN districts_layer l ON l.id = e.layer_id
WHERE e.status = 'active' AND e.valid_from <= districts_day() AND (e.valid_to IS NULL OR e.valid_to > districts_day());

-- Which district of a layer a count stored under another district belongs to: itself, and its main parents.
-- Joined in every need map: it reads editions and memberships, not the geometry or the layers.
CREATE VIEW districts_placement AS
WITH today AS (
    SELECT e.id, e.layer_id FROM districts_boundaryedition e
    WHERE e.status = 'active' AND e.valid_from <= districts_day() AND (e.valid_to IS NULL OR e.valid_to > districts_day())
)
SELECT today.layer_id, d.id AS district_id, d.id AS source_id
FROM today JOIN districts_district d ON d.edition_id = today.id
UNION ALL
SELECT today.layer_id, d.id, m.child_id
FROM today JOIN districts_district d ON d.edition_id = today.id
JOIN districts_membership m ON m.parent_id = d.id AND m.is_main;

-- The base-layer district of a point (EPSG:4326). Neighbours share their edge, and real layers overlap by slivers:
-- the lowest code wins. Real layers also have gaps of centimetres: up to 1 m away the nearest district is meant.
-- Null when the point lies outside.
CREATE FUNCTION districts_locate(point geometry) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT d.id FROM districts_today d
         WHERE d.rank = 0 AND ST_Covers(d.geometry, point)
         ORDER BY d.code LIMIT 1),
        (SELECT d.id FROM districts_today d
         -- 0.0001 degree is 11 m of latitude, and more than 1 m of longitude up to 84 degrees north.
         WHERE d.rank = 0 AND d.geometry && ST_Expand(point, 0.0001)
           AND ST_DWithin(d.geometry::geography, point::geography, 1)
         ORDER BY ST_Distance(d.geometry::geography, point::geography), d.code LIMIT 1)
    )
$$;
