-- Text is searched without accents and case, in any language, by trigrams: "citta" finds "città".
-- unaccent is only STABLE (its dictionary could be replaced), an index needs IMMUTABLE: we never replace it.
CREATE FUNCTION records_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT lower(unaccent('unaccent', normalize(value, NFC))) $$;

CREATE INDEX records_finding_search ON records_finding USING gin (records_fold(text) gin_trgm_ops);
CREATE INDEX records_conversation_search ON records_conversation USING gin (records_fold(summary) gin_trgm_ops);
