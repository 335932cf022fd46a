-- listening/opendata/sql/release_file.sql
-- A release, what took its place, and one of its files. Rows: one, or none when there is no such release; without such a
-- file its columns are null.
-- :release   code      :name   of the file
SELECT r.status, r.withdrawal_reason,
       (SELECT n.code FROM releases_release n WHERE n.quarter = r.quarter AND n.status = 'published'),
       f.name, f.media_type, f.bytes, f.sha256
FROM releases_release r
LEFT JOIN releases_releasefile f ON f.release_id = r.code AND f.name = %(name)s
WHERE r.code = %(release)s
