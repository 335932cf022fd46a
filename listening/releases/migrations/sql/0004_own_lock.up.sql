-- As before, under a number of its own: the feed of changes has 4712, and phones waited while a release was published.
CREATE OR REPLACE FUNCTION releases_refuse_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sealed text;
BEGIN
    PERFORM pg_advisory_xact_lock(4713);
    SELECT r.code INTO sealed FROM releases_release r WHERE r.code IN (SELECT release_id FROM written) LIMIT 1;
    IF sealed IS NOT NULL THEN
        RAISE EXCEPTION 'release % is published: % of % is refused', sealed, TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
