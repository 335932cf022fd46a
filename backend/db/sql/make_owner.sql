-- backend/db/sql/make_owner.sql
-- The owner of the tables, who migrates; for a cluster that serves this city alone. Takes a superuser. Again and again.
-- The owner was called `listening` before there were other roles: renamed, it keeps what it owns and its password.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'listening_owner') THEN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'listening') THEN
            ALTER ROLE listening RENAME TO listening_owner;
        ELSE
            CREATE ROLE listening_owner;
        END IF;
    END IF;
    ALTER ROLE listening_owner LOGIN NOSUPERUSER NOCREATEROLE;
END $$;
