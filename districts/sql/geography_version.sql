-- districts/sql/geography_version.sql
-- A text that differs whenever anything the district pages show may have changed. A few index look-ups and counts of
-- small tables: rows are only ever added or replaced by an import, or edited in the admin.
SELECT concat_ws(
    ' ',
    (SELECT string_agg(e.id || e.status || coalesce(e.valid_to::text, '') || e.checksum, ',' ORDER BY e.id)
     FROM districts_boundaryedition e),
    (SELECT count(*) || ':' || coalesce(max(id), 0) || ':' || coalesce(sum(hashtext(name)), 0) FROM districts_districtname),
    (SELECT count(*) || ':' || coalesce(max(id), 0) || ':' || coalesce(sum(residents), 0) FROM districts_population),
    (SELECT count(*) || ':' || coalesce(max(id), 0) FROM districts_membership)
)
