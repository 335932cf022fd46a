-- The same question as districts_locate, of other boundaries: the district of a base-layer edition that a point (EPSG:4326)
-- lies in, by the same rule for edges and gaps. Null when the point lies outside.
CREATE FUNCTION districts_locate_in(point geometry, base_edition bigint) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT d.id FROM districts_district d
         WHERE d.edition_id = base_edition AND ST_Covers(d.geometry, point)
         ORDER BY d.code LIMIT 1),
        (SELECT d.id FROM districts_district d
         WHERE d.edition_id = base_edition AND d.geometry && ST_Expand(point, 0.0001)
           AND ST_DWithin(d.geometry::geography, point::geography, 1)
         ORDER BY ST_Distance(d.geometry::geography, point::geography), d.code LIMIT 1)
    )
$$;

-- Where a named district is found in some editions (one of each layer): itself, or the one with the largest part of it.
-- What has no heir stays where it is.
CREATE FUNCTION districts_heir_in(named bigint, editions bigint[]) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT d.id FROM districts_district d WHERE d.id = named AND d.edition_id = ANY (editions)),
        (SELECT w.target_id FROM districts_crosswalk w JOIN districts_district d ON d.id = w.target_id
         WHERE w.source_id = named AND w.is_main AND d.edition_id = ANY (editions)
         ORDER BY w.target_id LIMIT 1),
        named
    )
$$;

-- The editions valid today, and the one of the base layer among them. One row.
CREATE VIEW districts_editions_today AS
SELECT coalesce(array_agg(e.id ORDER BY e.id), '{}') AS editions, max(e.id) FILTER (WHERE l.rank = 0) AS base_edition
FROM districts_boundaryedition e JOIN districts_layer l ON l.id = e.layer_id
WHERE e.status = 'active' AND e.valid_from <= districts_day() AND (e.valid_to IS NULL OR e.valid_to > districts_day());

-- Which district of an edition a count stored under another district belongs to: itself, and its main parents. As
-- districts_placement, for any edition and not those of today alone.
CREATE VIEW districts_placement_in AS
SELECT d.edition_id, d.id AS district_id, d.id AS source_id
FROM districts_district d
UNION ALL
SELECT d.edition_id, d.id, m.child_id
FROM districts_district d JOIN districts_membership m ON m.parent_id = d.id AND m.is_main;
