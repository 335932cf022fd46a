-- http/sql/spend_allowance.sql
-- Spend one request of a caller's limit. Rows: one when it was spent, none when the limit is reached.
-- :key       of the limit and the caller      :each_s  seconds: what one request costs
-- :window_s  seconds: what may be spent at once, :each_s times the limit
-- The generic cell rate algorithm (ITU-T I.371, annex A): a request moves `spent_until` on by its cost; it is refused when
-- that would lead further than the window ahead of the clock. Whoever comes at the same time waits for the lock of the row
-- and sees what the one before has spent. The clock is the database's alone.
INSERT INTO backend_allowance AS held (key, spent_until)
VALUES (%(key)s::bytea, clock_timestamp() + make_interval(secs => %(each_s)s::float8))
ON CONFLICT (key) DO UPDATE
SET spent_until = greatest(held.spent_until + make_interval(secs => %(each_s)s::float8), excluded.spent_until)
WHERE held.spent_until + make_interval(secs => 2 * %(each_s)s::float8 - %(window_s)s::float8) <= excluded.spent_until
RETURNING key
