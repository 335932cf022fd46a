-- districts/sql/neighbours.sql
-- Pairs of districts of :edition that touch, in a side or a corner (queen contiguity). Grain: one row per pair, the
-- smaller id first. Official layers have gaps of centimetres along shared edges, so what lies within a metre touches:
-- 0.00001 degrees are 1.1 m of latitude, and less of longitude.
SELECT a.id, b.id
FROM districts_district a
JOIN districts_district b ON b.edition_id = a.edition_id AND a.id < b.id AND ST_DWithin(a.geometry, b.geometry, 0.00001)
WHERE a.edition_id = %(edition)s
ORDER BY a.id, b.id
