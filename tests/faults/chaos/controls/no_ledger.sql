-- chaos/controls/no_ledger.sql
-- Nobody finds in the ledger what was written there: an op that comes again is applied again.
ALTER TABLE sync_op RENAME TO chaos_op;
CREATE VIEW sync_op AS SELECT * FROM chaos_op WHERE false;
GRANT SELECT, INSERT ON sync_op TO PUBLIC;

CREATE FUNCTION chaos_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM sync_waitingop WHERE op_id = NEW.id;
    DELETE FROM sync_clash WHERE op_id = NEW.id;
    INSERT INTO chaos_op SELECT NEW.* ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome;
    RETURN NEW;
END $$;
CREATE TRIGGER chaos_write INSTEAD OF INSERT ON sync_op FOR EACH ROW EXECUTE FUNCTION chaos_write();
