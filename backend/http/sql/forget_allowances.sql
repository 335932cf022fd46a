-- http/sql/forget_allowances.sql
-- Delete rows that say the same as none. :most  rows at once; those that somebody is spending from are passed over.
DELETE FROM backend_allowance
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM backend_allowance WHERE spent_until < clock_timestamp() LIMIT %(most)s::bigint FOR UPDATE SKIP LOCKED
))
