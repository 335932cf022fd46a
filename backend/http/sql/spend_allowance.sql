-- http/sql/spend_allowance.sql
-- Spend one request of a caller's limit, or say how long to wait. Rows: (wait_s); null when it was spent, none when another
-- session has just spent the first.
-- :key       of the limit and the caller      :each_s  seconds: what one request costs
-- :window_s  seconds: what may be spent at once, :each_s times the limit
-- The generic cell rate algorithm (ITU-T I.371, annex A): a request moves `spent_until` on by its cost; it is refused when
-- that would lead further than the window ahead of the clock. One statement under the lock of one row: requests that come
-- together are counted one after the other. The clock is the database's alone.
WITH cost AS MATERIALIZED (
    SELECT make_interval(secs => %(each_s)s) AS each, make_interval(secs => %(window_s)s) AS "window"
), spent AS (
    INSERT INTO backend_allowance AS held (key, spent_until)
    SELECT %(key)s, clock_timestamp() + each FROM cost
    ON CONFLICT (key) DO UPDATE
        SET spent_until = greatest(held.spent_until + (SELECT each FROM cost), excluded.spent_until)
        WHERE held.spent_until + 2 * (SELECT each FROM cost) <= excluded.spent_until + (SELECT "window" FROM cost)
    RETURNING spent_until
)
SELECT NULL::float AS wait_s FROM spent
UNION ALL
SELECT extract(epoch FROM spent_until + each - "window" - clock_timestamp())
FROM backend_allowance, cost
WHERE key = %(key)s AND NOT EXISTS (SELECT FROM spent)
