-- A restore creates indexes with an empty search_path. This body is parsed here and now, so that it keeps hold of
-- unaccent wherever the extension lives; the text of the one before it was looked up at each call, and not found.
CREATE OR REPLACE FUNCTION records_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(unaccent('unaccent'::regdictionary, normalize(value, NFC)));
