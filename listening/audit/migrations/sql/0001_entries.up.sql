-- The audit: who did what to which records, when and for what purpose. Ids and codes, never content: each column takes
-- numbers, instants, or words of one closed alphabet, so that a name, a text or an address does not fit in.
--
-- A request appends to the inbox and waits for nobody. `audit_chain` moves what has been committed into the chain, in
-- order, under a lock that no request ever takes; docs/reference/audit.md has the bytes that are hashed and what it proves.

CREATE TABLE audit_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_by name NOT NULL DEFAULT session_user,
    person_id bigint,
    credential text NOT NULL DEFAULT '',
    verb text NOT NULL,
    model text NOT NULL DEFAULT '',
    ids text[] NOT NULL DEFAULT '{}',
    number integer NOT NULL DEFAULT 0,
    subject_id bigint,
    request_id text NOT NULL DEFAULT '',
    purpose text NOT NULL DEFAULT '',
    CONSTRAINT audit_inbox_holds_codes_alone CHECK (
        credential ~ '^([a-z_]{1,32}(:[0-9a-f-]{1,36})?)?$' AND verb ~ '^[a-z_]{1,32}$' AND model ~ '^([a-z_]{1,32}\.[a-z_]{1,32})?$'
        AND request_id ~ '^[A-Za-z0-9_-]{0,64}$' AND purpose ~ '^[a-z_]{0,32}$'
    ),
    CONSTRAINT audit_inbox_holds_ids_alone CHECK (ids::text ~ '^\{([0-9a-f-]{1,36}(,[0-9a-f-]{1,36})*)?\}$'),
    CONSTRAINT audit_inbox_counts CHECK (number >= cardinality(ids))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE audit_entry (
    position bigint PRIMARY KEY,
    id bigint NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    written_by name NOT NULL,
    person_id bigint,
    credential text NOT NULL,
    verb text NOT NULL,
    model text NOT NULL,
    ids text[] NOT NULL,
    number integer NOT NULL,
    subject_id bigint,
    request_id text NOT NULL,
    purpose text NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX audit_entry_person ON audit_entry (person_id, position);
CREATE INDEX audit_entry_subject ON audit_entry (subject_id, position) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_entry_at ON audit_entry (at);


-- Whatever is inserted becomes the next link, whoever inserts it and whatever position and hash they bring.
-- Fork: the lock lets one transaction at a time append, each statement here sees what the one before has committed, and
-- the primary key refuses a second entry at a position.
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock(4710);
    SELECT e.position, e.hash INTO head FROM audit_entry e ORDER BY e.position DESC LIMIT 1;
    NEW.position := coalesce(head.position, 0) + 1;
    NEW.hash := sha256(coalesce(head.hash, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws(E'\n',
        'audit 1', NEW.position, NEW.id, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        NEW.written_by, coalesce(NEW.person_id::text, ''), NEW.credential, NEW.verb, NEW.model,
        NEW.ids::text, NEW.number, coalesce(NEW.subject_id::text, ''), NEW.request_id, NEW.purpose
    ), 'UTF8'));
    RETURN NEW;
END $$;

-- Entries stay as they are. The switch is for the owner who must take old entries away, and what they do shows: every
-- later check of the chain names the place.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('listening.audit_maintenance', true) = 'on'
       AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit only grows: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- What is in the inbox leaves it for the chain and in no other way.
CREATE FUNCTION audit_refuse_unchained() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM audit_entry e
        WHERE e.id = OLD.id
          AND (e.at, e.written_by, e.person_id, e.credential, e.verb, e.model, e.ids, e.number, e.subject_id, e.request_id, e.purpose)
              IS NOT DISTINCT FROM
              (OLD.at, OLD.written_by, OLD.person_id, OLD.credential, OLD.verb, OLD.model, OLD.ids, OLD.number, OLD.subject_id,
               OLD.request_id, OLD.purpose)
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entry % is not chained yet: DELETE is refused', OLD.id USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_link BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_link();
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse BEFORE UPDATE OR TRUNCATE ON audit_inbox FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_unchained BEFORE DELETE ON audit_inbox FOR EACH ROW EXECUTE FUNCTION audit_refuse_unchained();
-- Also in a session that plays the part of a replica, which skips other triggers.
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_link;
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_refuse;
ALTER TABLE audit_inbox ENABLE ALWAYS TRIGGER audit_refuse;
ALTER TABLE audit_inbox ENABLE ALWAYS TRIGGER audit_refuse_unchained;


-- Move what has been committed, oldest first, at most so many entries; returns how many. Whoever calls lends nothing: the
-- owner's rights are used for this alone. Locks: the advisory lock of the audit, until the end of the transaction, so the
-- caller has none of its own open. An entry that commits later under a lower id comes later: positions have no gaps and
-- never change, whatever the order of commits.
CREATE FUNCTION audit_chain(most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    chained bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(4710);
    INSERT INTO audit_entry
        (id, at, written_by, person_id, credential, verb, model, ids, number, subject_id, request_id, purpose)
    SELECT id, at, written_by, person_id, credential, verb, model, ids, number, subject_id, request_id, purpose
    FROM audit_inbox ORDER BY id LIMIT most;
    GET DIAGNOSTICS chained = ROW_COUNT;
    DELETE FROM audit_inbox i USING audit_entry e WHERE e.id = i.id;
    RETURN chained;
END $$;
REVOKE ALL ON FUNCTION audit_chain(integer) FROM PUBLIC;
