-- backend/db/sql/make_roles.sql
-- The roles of the service beside the owner of its tables, and their limits. Takes CREATEROLE; for pg_read_all_data a
-- superuser from PostgreSQL 16 on. Again and again: what is there stays, passwords too; nobody can sign in before one is set.
-- Roles belong to the whole cluster, what they may do to one database: grant_roles.sql.
--   listening_api          the web server: reads and writes rows, makes and empties no table
--   listening_worker       the worker and the daily round: merges cells, moves records to new boundaries
--   listening_backup       reads everything, writes nothing
--   listening_open_reader  releases and the places they are about, and nothing else
--   listening_vault        the contacts of residents, and nothing else
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['listening_api', 'listening_worker', 'listening_backup', 'listening_open_reader', 'listening_vault'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
        ELSIF EXISTS (
            SELECT FROM pg_roles
            WHERE rolname = wanted AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
        ) THEN
            EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', wanted);
        END IF;
    END LOOP;
    IF NOT pg_has_role('listening_backup', 'pg_read_all_data', 'MEMBER') THEN
        GRANT pg_read_all_data TO listening_backup;
    END IF;
END $$;

ALTER ROLE listening_api SET statement_timeout = '5s';
ALTER ROLE listening_api SET lock_timeout = '2s';
ALTER ROLE listening_api SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE listening_worker SET statement_timeout = '10min';
ALTER ROLE listening_worker SET lock_timeout = '10s';
ALTER ROLE listening_worker SET idle_in_transaction_session_timeout = '10min';
ALTER ROLE listening_backup SET default_transaction_read_only = on;
ALTER ROLE listening_open_reader SET statement_timeout = '3s';
ALTER ROLE listening_vault SET statement_timeout = '5s';
ALTER ROLE listening_vault SET lock_timeout = '2s';
ALTER ROLE listening_vault SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE listening_open_reader SET default_transaction_read_only = on;
