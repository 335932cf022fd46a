-- districts/importing/sql/compute_memberships.sql
-- Which districts of finer layers lie in which of coarser ones, for all pairs of editions that :edition takes part in
-- and that hold on a common day. Grain: child x parent.
-- :edition        the edition just imported
-- :least_share    smaller shares of a child's area are drawing noise (two hands along one border), not membership
-- Shares are of the child's area on the ellipsoid; the largest per parent layer is the main one (ties: lowest code).
INSERT INTO districts_membership (child_id, parent_id, share_of_area, is_main)
SELECT child_id, parent_id,
       -- All but the noise lies in it: all of it does.
       CASE WHEN share >= 1 - %(least_share)s THEN 1.0 ELSE share END,
       row_number() OVER (PARTITION BY child_id, parent_edition ORDER BY share DESC, parent_code) = 1
FROM (
    SELECT child.id AS child_id, parent.id AS parent_id, parent.code AS parent_code, parent.edition_id AS parent_edition,
           least(1.0, CASE
               WHEN ST_CoveredBy(child.geometry, parent.geometry) THEN 1.0
               ELSE ST_Area(ST_CollectionExtract(ST_Intersection(child.geometry, parent.geometry), 3)::geography)
                    / ST_Area(child.geometry::geography)
           END) AS share
    FROM districts_boundaryedition ce
    JOIN districts_layer cl ON cl.id = ce.layer_id
    JOIN districts_boundaryedition pe
      ON daterange(ce.valid_from, ce.valid_to) && daterange(pe.valid_from, pe.valid_to)
    JOIN districts_layer pl ON pl.id = pe.layer_id AND pl.rank > cl.rank
    JOIN districts_district child ON child.edition_id = ce.id
    JOIN districts_district parent ON parent.edition_id = pe.id AND child.geometry && parent.geometry
                                  AND ST_Intersects(child.geometry, parent.geometry)
    WHERE %(edition)s IN (ce.id, pe.id) AND ce.status = 'active' AND pe.status = 'active'
) AS pair
WHERE share >= %(least_share)s
ON CONFLICT (child_id, parent_id) DO UPDATE
    SET share_of_area = excluded.share_of_area, is_main = excluded.is_main
