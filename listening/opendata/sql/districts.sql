-- listening/opendata/sql/districts.sql
-- Places of the boundary editions that hold or held. Grain: one row per district. `valid_to` is the last day.
SELECT d.id, d.edition_id, l.code AS layer, e.code AS edition, d.code COLLATE "default" AS code, d.name,
       round(d.area_km2::numeric, 4)::float8 AS area_km2, counted.residents, counted.year::int AS residents_year,
       d.exclude_from_rates, e.is_schematic, e.valid_from, e.valid_to - 1 AS valid_to, d.geometry
FROM districts_district d
JOIN districts_boundaryedition e ON e.id = d.edition_id AND e.status = 'active'
JOIN districts_layer l ON l.id = e.layer_id
LEFT JOIN LATERAL (
    SELECT p.residents, p.year FROM districts_population p
    WHERE p.district_id = d.id ORDER BY p.year DESC, p.source LIMIT 1
) AS counted ON TRUE
