-- http/sql/wait_for_allowance.sql
-- How long a caller whose limit is reached must wait. Rows: (seconds); none when nothing is counted any more.
-- :key, :each_s, :window_s  as for spend_allowance.sql
SELECT extract(epoch FROM spent_until - clock_timestamp())::float + %(each_s)s::float8 - %(window_s)s::float8
FROM backend_allowance
WHERE key = %(key)s::bytea
