-- listening/opendata/sql/representation.sql
-- Bands of the people who were listened to, beside residents, in releases that hold.
-- Grain: release x period x layer x place x variable x band. `period_end` is the last day.
SELECT b.id, b.release_id AS release, b.period, make_date(b.period::int, 1, 1) AS period_start,
       make_date(b.period::int, 12, 31) AS period_end, b.layer, b.place, p.name, b.variable, b.band, b.people, b.share,
       b.n_eff, b.residents, b.reference_share, b.ratio, b.ratio_low, b.ratio_high, b.flag, b.reason,
       b.reference_year::int AS reference_year, nullif(b.source, '') AS source, p.geometry
FROM releases_releaseband b
JOIN releases_release r ON r.code = b.release_id AND r.status = 'published'
JOIN releases_releaseplace p ON p.release_id = b.release_id AND p.layer = b.layer AND p.code = b.place
