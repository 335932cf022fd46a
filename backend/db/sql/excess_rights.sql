-- backend/db/sql/excess_rights.sql
-- What the role of this connection may do that no web server needs. One row: (role, is a superuser, may make roles or
-- databases, owns tables, may make tables).
SELECT r.rolname, r.rolsuper, r.rolcreaterole OR r.rolcreatedb,
       EXISTS (
           SELECT FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')
       ),
       has_schema_privilege('public', 'CREATE')
FROM pg_roles r
WHERE r.rolname = current_user
