-- backend/db/sql/grant_roles.sql
-- What the roles of make_roles.sql may do in this database. Takes the owner of the tables. Again and again, and after each
-- migration that makes a table whose rights differ from the usual; the usual ones come by themselves.
-- One transaction: nobody is without rights meanwhile. Locks: an advisory lock, so that two at once do not meet.
SELECT pg_advisory_xact_lock(4711);

DO $$
DECLARE
    owner name;
    made record;
BEGIN
    SELECT relowner::regrole::name INTO owner FROM pg_class WHERE oid = to_regclass('public.django_migrations');
    IF owner IS NULL THEN
        RAISE EXCEPTION 'There are no tables yet: migrate first.';
    ELSIF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'The tables belong to %, and only they give rights to them.', owner USING ERRCODE = 'insufficient_privilege';
    END IF;

    -- Who is not named has no business here.
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO listening_api, listening_worker, listening_backup, listening_open_reader, listening_vault', current_database());
    IF has_schema_privilege('listening_open_reader', 'public', 'CREATE') THEN  -- before PostgreSQL 15
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS published AUTHORIZATION %I', owner);
    GRANT USAGE ON SCHEMA public TO listening_api, listening_worker;
    GRANT USAGE ON SCHEMA published TO listening_open_reader;

    -- Tables and views of ours; those of extensions have an owner of their own.
    FOR made IN
        SELECT c.oid::regclass AS name, c.relkind, c.relname
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner = owner::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    LOOP
        IF made.relkind = 'S' THEN
            EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, listening_api, listening_worker, listening_open_reader', made.name);
            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO listening_api, listening_worker', made.name);
            CONTINUE;
        END IF;
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, listening_api, listening_worker, listening_open_reader', made.name);
        EXECUTE format('GRANT SELECT ON %s TO listening_api, listening_worker', made.name);
        IF made.relkind IN ('r', 'p') AND made.relname NOT LIKE 'releases\_%' AND made.relname NOT IN (
            'django_migrations', 'rollups_cell', 'rollups_occasion', 'rollups_square', 'rollups_square_version',
            'rollups_hexagon', 'rollups_epoch', 'rollups_version', 'audit_inbox', 'audit_entry', 'audit_anchor'
        ) THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO listening_api', made.name);
        END IF;
    END LOOP;

    -- The vault is open to its own role alone, which enters nothing else.
    IF to_regnamespace('vault') IS NOT NULL THEN
        REVOKE ALL ON SCHEMA vault FROM PUBLIC, listening_api, listening_worker, listening_open_reader;
        REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC, listening_api, listening_worker, listening_open_reader;
        GRANT USAGE ON SCHEMA vault TO listening_vault;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault TO listening_vault;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA vault TO listening_vault;
    END IF;

    -- The worker writes what it is there for.
    GRANT INSERT, UPDATE, DELETE ON rollups_cell, rollups_occasion, rollups_delta, rollups_tally, rollups_epoch TO listening_worker;
    GRANT INSERT, UPDATE, DELETE ON rollups_square, rollups_square_version, rollups_square_delta, rollups_hexagon
        TO listening_worker;
    GRANT INSERT, DELETE ON rollups_change TO listening_worker;
    GRANT INSERT, UPDATE ON rollups_version TO listening_worker;
    GRANT INSERT ON districts_crosswalk TO listening_worker;
    GRANT INSERT, DELETE ON sync_touched TO listening_worker;
    GRANT INSERT, UPDATE, DELETE ON sync_change, sync_held, sync_feedstate TO listening_worker;
    GRANT UPDATE (district_id, named_district_id, version, updated_at) ON records_conversation TO listening_worker;
    GRANT UPDATE (district_id) ON records_finding TO listening_worker;
    -- UPDATE of a column lets it lock a row, which it does before it deletes one.
    GRANT DELETE, UPDATE (updated_at) ON attachments_attachment TO listening_worker;
    GRANT DELETE, UPDATE (stored_at) ON attachments_storedfile TO listening_worker;
    GRANT DELETE ON attachments_chunk TO listening_worker;
    -- It erases what residents withdraw and what has had its time, with what hangs on it.
    GRANT DELETE ON erasure_hold, records_conversation, records_finding, records_findingtheme, records_participantband, records_consent,
        records_fieldversion, consent_receipt, sync_clash, sync_waitingop TO listening_worker;
    GRANT INSERT, UPDATE (written_down_at) ON records_tombstone TO listening_worker;
    GRANT UPDATE (text) ON records_finding TO listening_worker;
    GRANT UPDATE (summary, place, location, accuracy_m) ON records_conversation TO listening_worker;
    GRANT UPDATE (place, location, accuracy_m) ON records_finding TO listening_worker;
    GRANT UPDATE (outcome) ON sync_op TO listening_worker;
    GRANT UPDATE (waiting_for) ON sync_waitingop TO listening_worker;  -- to lock a row
    GRANT UPDATE (carried_out_at, attempts, try_again_at, failed_as), DELETE ON consent_withdrawal TO listening_worker;
    GRANT INSERT ON rollups_delta TO listening_worker;

    -- What is published is added to, and can be withdrawn; the world reads it, and where it is.
    GRANT INSERT ON releases_release, releases_releasetheme, releases_releaseplace, releases_releasecell, releases_releaseneed,
        releases_releaseband, releases_releasefile TO listening_api;
    GRANT UPDATE (status, withdrawn_at, withdrawal_reason) ON releases_release TO listening_api;
    GRANT USAGE ON SCHEMA public TO listening_open_reader;
    GRANT SELECT ON releases_release, releases_releasetheme, releases_releaseplace, releases_releasecell, releases_releaseneed,
        releases_releaseband, releases_releasefile, districts_layer, districts_boundaryedition, districts_district,
        districts_districtname, districts_membership, districts_population TO listening_open_reader;

    -- The audit is appended to, and neither time, order nor writer of an entry can be chosen.
    GRANT INSERT (person_id, credential, verb, model, ids, number, subject_id, request_id, purpose) ON audit_inbox
        TO listening_api, listening_worker;
    GRANT EXECUTE ON FUNCTION audit_chain(integer) TO listening_api, listening_worker;
    GRANT EXECUTE ON FUNCTION audit_forget(timestamptz) TO listening_worker;
    GRANT EXECUTE ON FUNCTION records_analyze() TO listening_worker;

    -- Tables and sequences of later migrations, from the moment they are made.
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public'
                   ' GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO listening_api', owner);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT SELECT ON TABLES TO listening_worker', owner);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public'
                   ' GRANT USAGE, SELECT ON SEQUENCES TO listening_api, listening_worker', owner);
END $$;
