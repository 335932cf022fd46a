-- districts/sql/districts_as_json.sql
-- Districts with names, newest population and the parents of today (of an edition that does not hold today: of its last
-- or first day), as the `properties` of GeoJSON features.
-- Grain: one row per district of :edition, in the natural order of codes. Rows: (id, properties).
SELECT d.id,
       json_build_object(
           'id', d.id, 'layer', l.code, 'edition', e.code, 'code', d.code, 'name', d.name,
           'names', coalesce(
               (SELECT json_agg(json_build_object('language', n.language, 'kind', n.kind, 'name', n.name)
                                ORDER BY n.language, n.kind DESC, n.name)
                FROM districts_districtname n WHERE n.district_id = d.id), '[]'),
           'area_km2', round(d.area_km2::numeric, 4),
           'population', (
               SELECT json_build_object('residents', p.residents, 'year', p.year, 'source', p.source,
                                        'exclude_from_rates', p.exclude_from_rates)
               FROM districts_population p WHERE p.district_id = d.id
               ORDER BY p.year DESC, p.source LIMIT 1),
           'exclude_from_rates', d.exclude_from_rates,
           'is_schematic', e.is_schematic,
           'parents', coalesce(
               (SELECT json_agg(json_build_object(
                           'id', parent.id, 'layer', pl.code, 'code', parent.code, 'name', parent.name,
                           'share_of_area', round(m.share_of_area::numeric, 4),
                           'share_of_population', round(m.share_of_population::numeric, 4),
                           'is_main', m.is_main)
                       ORDER BY pl.rank, pl.code, m.share_of_area DESC, parent.code)
                FROM districts_membership m
                JOIN districts_district parent ON parent.id = m.parent_id
                JOIN districts_boundaryedition pe ON pe.id = parent.edition_id
                JOIN districts_layer pl ON pl.id = pe.layer_id
                WHERE m.child_id = d.id AND pe.status = 'active' AND pe.valid_from <= on_day.day
                  AND (pe.valid_to IS NULL OR pe.valid_to > on_day.day)), '[]')
       )::text
FROM districts_district d
JOIN districts_boundaryedition e ON e.id = d.edition_id
JOIN districts_layer l ON l.id = e.layer_id
CROSS JOIN LATERAL (
    SELECT greatest(e.valid_from, least(coalesce(e.valid_to - 1, districts_day()), districts_day())) AS day
) AS on_day
WHERE d.edition_id = %(edition)s
ORDER BY d.code
