-- Entries whose time is over go from the beginning of the chain, and the chain stays one: the place of the last entry that
-- went, and its hash, remain as the anchor from which the next one follows.

-- Grain: one row at most. None: the chain begins with position 1.
CREATE TABLE audit_anchor (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint NOT NULL CHECK (position > 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    at timestamptz NOT NULL  -- of the entry
);
CREATE TRIGGER audit_refuse BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_refuse;

-- Forget the entries before the first that is not older than an instant; returns how many. Whoever calls lends nothing: the
-- owner's rights are used for this alone, and not for the last year, whatever the instant. The newest entry always stays.
-- That it was done becomes an entry itself. Locks: the advisory lock of the audit, until the end of the transaction.
CREATE FUNCTION audit_forget(before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last record;
    forgotten bigint;
BEGIN
    IF before > now() - interval '365 days' THEN
        RAISE EXCEPTION 'entries of less than a year are kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(4710);
    SELECT e.position, e.hash, e.at INTO last FROM audit_entry e
    WHERE e.position < coalesce(
        (SELECT min(k.position) FROM audit_entry k WHERE k.at >= before), (SELECT max(k.position) FROM audit_entry k))
    ORDER BY e.position DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM set_config('listening.audit_maintenance', 'on', true);
    DELETE FROM audit_entry e WHERE e.position <= last.position;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    INSERT INTO audit_anchor (position, hash, at) VALUES (last.position, last.hash, last.at)
    ON CONFLICT (is_only) DO UPDATE SET position = EXCLUDED.position, hash = EXCLUDED.hash, at = EXCLUDED.at;
    PERFORM set_config('listening.audit_maintenance', 'off', true);
    INSERT INTO audit_inbox (verb, model, number)
    VALUES ('forget_entries', 'audit.entry', least(forgotten, 2147483647)::integer);
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION audit_forget(timestamptz) FROM PUBLIC;
