-- fieldwork/sql/scope.sql
-- What a person may do today. Grain: one row per role, clearance and reach; rows: (role, clearance, everywhere, districts).
-- :person   id of the person
-- `districts` are those under which a record of the assigned districts may be stored: they themselves, and what lies in
-- them by its main parent. An assignment whose district is not on the map of today reaches nowhere.
SELECT a.role, a.clearance, a.layer_id IS NULL AS everywhere,
       coalesce(array_agg(DISTINCT p.source_id) FILTER (WHERE p.source_id IS NOT NULL), '{}') AS districts
FROM fieldwork_assignment a
LEFT JOIN districts_today d ON d.layer_id = a.layer_id AND d.code = a.district_code
LEFT JOIN districts_placement p ON p.layer_id = a.layer_id AND p.district_id = d.id
WHERE a.person_id = %(person)s::bigint
  AND a.first_day <= districts_day() AND (a.last_day IS NULL OR a.last_day >= districts_day())
GROUP BY a.role, a.clearance, everywhere
ORDER BY a.role, a.clearance, everywhere
