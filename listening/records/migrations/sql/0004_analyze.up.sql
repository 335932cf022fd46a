-- Only the owner of a table may analyse it; to others the server says so in a warning and goes on without. This lends the
-- right for these tables alone to the role that moves records to new boundaries.
CREATE FUNCTION records_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    ANALYZE public.records_conversation, public.records_finding;
END $$;
REVOKE ALL ON FUNCTION records_analyze() FROM PUBLIC;
