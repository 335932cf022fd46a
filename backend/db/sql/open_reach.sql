-- backend/db/sql/open_reach.sql
-- How far the role of open data reaches. One row of two arrays of names, sorted: tables and views that it may read or write
-- beyond what is published, and what is published that it cannot read. What is meant is what grant_roles.sql gives it.
-- :role   name of a role that is there
WITH named AS (
    SELECT to_regrole(%(role)s)::oid AS role
), relation AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name,
           n.nspname = 'public' AND (c.relname LIKE 'releases\_%%' OR c.relname IN (
               'districts_layer', 'districts_boundaryedition', 'districts_district', 'districts_districtname',
               'districts_membership', 'districts_population'
           )) AS is_meant
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'published')
      AND n.nspname NOT LIKE 'pg\_%%'
      -- What an extension brings is open to all, and tells of nobody.
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
)
SELECT coalesce(array_agg(name ORDER BY name) FILTER (
           WHERE has_schema_privilege(role, schema, 'USAGE') AND (
               (NOT is_meant AND has_any_column_privilege(role, oid, 'SELECT'))
               OR has_any_column_privilege(role, oid, 'INSERT, UPDATE')
               OR has_table_privilege(role, oid, 'DELETE, TRUNCATE')
           )
       ), '{}'),
       coalesce(array_agg(name ORDER BY name) FILTER (
           WHERE is_meant AND NOT (has_schema_privilege(role, schema, 'USAGE') AND has_table_privilege(role, oid, 'SELECT'))
       ), '{}')
FROM relation CROSS JOIN named
