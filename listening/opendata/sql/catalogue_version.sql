-- listening/opendata/sql/catalogue_version.sql
-- A text that differs whenever anything may have changed that is shown here. Reads tables of some hundred rows.
SELECT concat_ws(
    ' ',
    (SELECT string_agg(r.number || r.status, ',' ORDER BY r.number) FROM releases_release r),
    (SELECT string_agg(e.id || e.status || coalesce(e.valid_to::text, '') || e.checksum, ',' ORDER BY e.id)
     FROM districts_boundaryedition e),
    (SELECT count(*) || ':' || coalesce(sum(hashtextextended(p::text, 0)), 0) FROM districts_population p),
    (SELECT sum(hashtextextended(l::text, 0)) FROM districts_layer l),
    (SELECT coalesce(sum(id), 0) FROM districts_district WHERE exclude_from_rates)
)
