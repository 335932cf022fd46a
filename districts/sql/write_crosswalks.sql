-- districts/sql/write_crosswalks.sql
-- How the districts of each edition lie in those of every other edition of their layer, both ways, where that is not known
-- yet. Grain: source x target. Editions never change, so what is there is never computed again.
-- :least_share    smaller shares of a source's area are drawing noise
-- Shares are of the source's area on the ellipsoid. What is lost to noise is given back: where all but the noise is
-- covered, the shares of a source add up to 1.
WITH pair AS MATERIALIZED (
    SELECT old.id AS source_edition, new.id AS target_edition
    FROM districts_boundaryedition old
    JOIN districts_boundaryedition new ON new.layer_id = old.layer_id AND new.id <> old.id
    WHERE NOT EXISTS (
        SELECT FROM districts_crosswalk w
        JOIN districts_district s ON s.id = w.source_id JOIN districts_district t ON t.id = w.target_id
        WHERE s.edition_id = old.id AND t.edition_id = new.id
    )
), part AS (
    SELECT source.id AS source_id, target.id AS target_id, pair.target_edition, target.code,
           target.code = source.code AS has_same_code,
           least(1.0, CASE
               WHEN ST_CoveredBy(source.geometry, target.geometry) THEN 1.0
               ELSE ST_Area(ST_CollectionExtract(ST_Intersection(source.geometry, target.geometry), 3)::geography)
                    / nullif(ST_Area(source.geometry::geography), 0)
           END) AS share
    FROM pair
    JOIN districts_district source ON source.edition_id = pair.source_edition
    JOIN districts_district target ON target.edition_id = pair.target_edition AND source.geometry && target.geometry
                                  AND ST_Intersects(source.geometry, target.geometry)
), kept AS (
    SELECT part.*, sum(share) OVER (PARTITION BY source_id, target_edition) AS covered
    FROM part WHERE share >= %(least_share)s
)
INSERT INTO districts_crosswalk (source_id, target_id, share_of_area, is_main)
SELECT source_id, target_id,
       CASE WHEN abs(1 - covered) < 10 * %(least_share)s THEN share / covered ELSE share END,
       row_number() OVER (PARTITION BY source_id, target_edition ORDER BY share DESC, has_same_code DESC, code) = 1
FROM kept
ON CONFLICT (source_id, target_id) DO NOTHING
