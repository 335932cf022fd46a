-- districts/sql/geography_version.sql
-- A text that differs whenever anything the district pages show may have changed. Reads tables of some hundred rows:
-- boundaries and memberships change with an import, and with the day on which an edition comes into force; names and
-- figures are also edited in the administration.
SELECT concat_ws(
    ' ',
    districts_day(),
    (SELECT string_agg(e.id || e.status || coalesce(e.valid_to::text, '') || e.checksum, ',' ORDER BY e.id)
     FROM districts_boundaryedition e),
    (SELECT count(*) || ':' || coalesce(sum(hashtextextended(n::text, 0)), 0) FROM districts_districtname n),
    (SELECT count(*) || ':' || coalesce(sum(hashtextextended(p::text, 0)), 0) FROM districts_population p),
    (SELECT coalesce(sum(id), 0) FROM districts_district WHERE exclude_from_rates),
    (SELECT count(*) || ':' || coalesce(max(id), 0) FROM districts_membership)
)
