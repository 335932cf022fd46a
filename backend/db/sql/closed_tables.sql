-- backend/db/sql/closed_tables.sql
-- How many tables of ours a role cannot read: those of migrations after which nobody gave rights. Null: no such role.
-- :role   name of a role
SELECT (
    SELECT count(*)
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')
)
FROM (VALUES (to_regrole(%(role)s))) AS named (role)
LEFT JOIN pg_roles r ON r.oid = named.role
WHERE r.oid IS NOT NULL
UNION ALL
SELECT NULL
LIMIT 1
