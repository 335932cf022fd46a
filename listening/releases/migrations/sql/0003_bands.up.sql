-- People by band are rows of a release like all others: written before it is there, and nothing changes them afterwards.
CREATE TRIGGER releases_refuse_sealed AFTER INSERT ON releases_releaseband REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION releases_refuse_sealed();
CREATE TRIGGER releases_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON releases_releaseband
    FOR EACH STATEMENT EXECUTE FUNCTION releases_refuse();
-- Also in a session that plays the part of a replica, which skips other triggers.
ALTER TABLE releases_releaseband ENABLE ALWAYS TRIGGER releases_refuse_sealed;
ALTER TABLE releases_releaseband ENABLE ALWAYS TRIGGER releases_refuse;
