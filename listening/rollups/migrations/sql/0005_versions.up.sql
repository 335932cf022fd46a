-- Versions: whether anything that maps are counted from has changed since somebody read them.
--
-- Each change adds a mark, a random number, to a log; the version of some quarters of some districts is the exclusive or of
-- all marks that were ever added to them, and to "everything". It needs no order among writers, who only append and never wait
-- for each other; it is the same before and after the log is folded; a change that is rolled back leaves none; and a version
-- comes back only with what it stood for, also after a backup was restored (by chance: one in 2^64).
--
-- quarter      first day of the quarter whose counts changed; -infinity: everything, as names, themes, boundaries are in all
-- district_id  where, as in cells: whoever reads some districts only must learn nothing of others, not even that they changed

CREATE TABLE rollups_change (
    quarter date NOT NULL,
    district_id bigint NOT NULL,
    mark bigint NOT NULL DEFAULT hashtextextended(gen_random_uuid()::text, 0)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The marks that are folded: one row per quarter and district. The merge folds.
CREATE TABLE rollups_version (
    quarter date NOT NULL,
    district_id bigint NOT NULL,
    mark bigint NOT NULL,
    PRIMARY KEY (quarter, district_id)
) WITH (fillfactor = 50);


-- What comes into the log of cells changes counts; what leaves it was merged, and with it the sums over occasions. Maps do not
-- tell what findings are about.
CREATE FUNCTION rollups_on_delta() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollups_change (quarter, district_id)
    SELECT DISTINCT date_trunc('quarter', day)::date, district_id FROM changed_rows WHERE role <> 'subject';
    RETURN NULL;
END $$;

CREATE FUNCTION rollups_on_everything() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollups_change (quarter, district_id) VALUES ('-infinity', 0);
    RETURN NULL;
END $$;

-- Who listened, and to how many people, is in no cell, and maps tell of both.
CREATE FUNCTION rollups_on_listening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollups_change (quarter, district_id)
    VALUES (date_trunc('quarter', NEW.occurred_on)::date, coalesce(NEW.district_id, 0));
    RETURN NULL;
END $$;

CREATE TRIGGER rollups_version_insert AFTER INSERT ON rollups_delta
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_delta();
CREATE TRIGGER rollups_version_delete AFTER DELETE ON rollups_delta
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_delta();
CREATE TRIGGER rollups_version_listening AFTER UPDATE ON records_conversation FOR EACH ROW
    WHEN ((OLD.listener_id, OLD.people_count) IS DISTINCT FROM (NEW.listener_id, NEW.people_count))
    EXECUTE FUNCTION rollups_on_listening();
CREATE TRIGGER rollups_version AFTER DELETE OR TRUNCATE ON rollups_cell
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rollups_epoch
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON codelists_theme
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON codelists_themelabel
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_layer
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_boundaryedition
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_district
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_membership
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_population
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
CREATE TRIGGER rollups_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON districts_crosswalk
    FOR EACH STATEMENT EXECUTE FUNCTION rollups_on_everything();
