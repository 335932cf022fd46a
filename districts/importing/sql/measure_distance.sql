-- districts/importing/sql/measure_distance.sql
-- How far a point (:lon, :lat, EPSG:4326) lies from the middle of the layers in force, in km on the ellipsoid; and how far
-- if its axes were swapped. Nulls before any import, or where a swap would leave the earth.
SELECT ST_Distance(city.middle::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) / 1000,
       CASE WHEN abs(%(lon)s) <= 90
            THEN ST_Distance(city.middle::geography, ST_SetSRID(ST_MakePoint(%(lat)s, %(lon)s), 4326)::geography) / 1000 END
FROM (
    SELECT ST_SetSRID(ST_Centroid(ST_Extent(d.geometry)::geometry), 4326) AS middle
    FROM districts_district d JOIN districts_boundaryedition e ON e.id = d.edition_id WHERE e.status = 'active'
) AS city
