-- What callers have used of their limits. Grain: one row per limit and caller, made with the first request and forgotten
-- once `spent_until` has passed: such a row says the same as none.
--
-- Unlogged: it is written with each request and worth nothing after a crash, so no write waits for the disk. Half of each
-- page is kept free, so that an update stays on its page and touches no index.
CREATE UNLOGGED TABLE backend_allowance (
    key bytea PRIMARY KEY,
    spent_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
