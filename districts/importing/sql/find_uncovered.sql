-- districts/importing/sql/find_uncovered.sql
-- Districts that the districts of a coarser (or, seen from above, the base) layer do not cover, as far as :edition is
-- concerned. Rows: (layer, code, name, other layer, uncovered share 0-1, uncovered m2). Needs memberships.
-- :edition   the edition just imported     :least_share   what is below it is drawing noise
SELECT cl.code, child.code, child.name, pl.code,
       1 - coalesce(sum(m.share_of_area), 0) AS uncovered,
       (1 - coalesce(sum(m.share_of_area), 0)) * child.area_km2 * 1e6
FROM districts_boundaryedition ce
JOIN districts_layer cl ON cl.id = ce.layer_id
JOIN districts_boundaryedition pe ON daterange(ce.valid_from, ce.valid_to) && daterange(pe.valid_from, pe.valid_to)
JOIN districts_layer pl ON pl.id = pe.layer_id AND pl.rank > cl.rank
JOIN districts_district child ON child.edition_id = ce.id
LEFT JOIN (districts_membership m JOIN districts_district parent ON parent.id = m.parent_id)
       ON m.child_id = child.id AND parent.edition_id = pe.id
WHERE %(edition)s IN (ce.id, pe.id) AND ce.status = 'active' AND pe.status = 'active'
GROUP BY cl.code, child.id, pl.code
HAVING 1 - coalesce(sum(m.share_of_area), 0) > %(least_share)s
UNION ALL
SELECT pl.code, parent.code, parent.name, cl.code,
       1 - coalesce(sum(m.share_of_area * child.area_km2), 0) / parent.area_km2,
       (parent.area_km2 - coalesce(sum(m.share_of_area * child.area_km2), 0)) * 1e6
FROM districts_boundaryedition ce
JOIN districts_layer cl ON cl.id = ce.layer_id AND cl.rank = 0
JOIN districts_boundaryedition pe ON daterange(ce.valid_from, ce.valid_to) && daterange(pe.valid_from, pe.valid_to)
JOIN districts_layer pl ON pl.id = pe.layer_id AND pl.rank > 0
JOIN districts_district parent ON parent.edition_id = pe.id
LEFT JOIN (districts_membership m JOIN districts_district child ON child.id = m.child_id)
       ON m.parent_id = parent.id AND child.edition_id = ce.id
WHERE %(edition)s IN (ce.id, pe.id) AND ce.status = 'active' AND pe.status = 'active'
GROUP BY pl.code, parent.id, cl.code
HAVING 1 - coalesce(sum(m.share_of_area * child.area_km2), 0) / parent.area_km2 > %(least_share)s
ORDER BY 1, 2, 4
