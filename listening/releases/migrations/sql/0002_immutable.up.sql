-- A release is sealed by its own row, which is inserted last. Before, its other rows are written; foreign keys are checked
-- at the end of the transaction, so rows without a release never become visible. After, nothing changes but its status,
-- once, from published to withdrawn.

-- Whoever writes rows of a release waits for whoever else does; then the statement below sees what they committed.
CREATE FUNCTION releases_refuse_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sealed text;
BEGIN
    PERFORM pg_advisory_xact_lock(4712);
    SELECT r.code INTO sealed FROM releases_release r WHERE r.code IN (SELECT release_id FROM written) LIMIT 1;
    IF sealed IS NOT NULL THEN
        RAISE EXCEPTION 'release % is published: % of % is refused', sealed, TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

-- The switch is for the owner who must take a whole release away, by order of a court for example.
CREATE FUNCTION releases_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM releases_release) THEN
        RETURN NULL;
    END IF;
    IF current_setting('listening.releases_maintenance', true) = 'on'
       AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'releases stay as they are: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION releases_withdraw_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status = 'published' AND NEW.status = 'withdrawn'
       AND to_jsonb(OLD) - '{status,withdrawn_at,withdrawal_reason}'::text[]
           = to_jsonb(NEW) - '{status,withdrawn_at,withdrawal_reason}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'release %: it can be withdrawn, once, and nothing else', OLD.code
        USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['theme', 'place', 'cell', 'need', 'file'] LOOP
        EXECUTE format(
            'CREATE TRIGGER releases_refuse_sealed AFTER INSERT ON releases_release%s REFERENCING NEW TABLE AS written'
            ' FOR EACH STATEMENT EXECUTE FUNCTION releases_refuse_sealed()', part);
        EXECUTE format(
            'CREATE TRIGGER releases_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON releases_release%s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION releases_refuse()', part);
        -- Also in a session that plays the part of a replica, which skips other triggers.
        EXECUTE format('ALTER TABLE releases_release%s ENABLE ALWAYS TRIGGER releases_refuse_sealed', part);
        EXECUTE format('ALTER TABLE releases_release%s ENABLE ALWAYS TRIGGER releases_refuse', part);
    END LOOP;
END $$;
CREATE TRIGGER releases_refuse BEFORE DELETE OR TRUNCATE ON releases_release
    FOR EACH STATEMENT EXECUTE FUNCTION releases_refuse();
CREATE TRIGGER releases_withdraw_only BEFORE UPDATE ON releases_release
    FOR EACH ROW EXECUTE FUNCTION releases_withdraw_only();
ALTER TABLE releases_release ENABLE ALWAYS TRIGGER releases_refuse;
ALTER TABLE releases_release ENABLE ALWAYS TRIGGER releases_withdraw_only;
