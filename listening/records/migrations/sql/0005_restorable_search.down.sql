CREATE OR REPLACE FUNCTION records_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT lower(unaccent('unaccent', normalize(value, NFC))) $$;
