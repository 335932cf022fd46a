-- needmaps/sql/list_placements.sql
-- Which district of an edition a count stored under another one belongs to. Grain: one row per edition and district that is
-- one of its own, or lies in one.
-- :editions   ids of editions
SELECT edition_id, source_id, district_id
FROM districts_placement_in
WHERE edition_id = ANY (%(editions)s::bigint[])
