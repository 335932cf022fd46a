-- records/sql/conversations_as_json.sql
-- Conversations as the API shows them, one JSON text each, in the order of :ids. Grain: one row per conversation.
-- Rows: (id, version, geometry, document). Coordinates: EPSG:4326, longitude first, 7 decimals (about a centimetre).
-- The writable members have the shape in which they are submitted, so that a document can be patched and sent back.
WITH wanted AS MATERIALIZED (
    SELECT w.position, c.*
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, position)
    JOIN records_conversation c ON c.id = w.id
), heard AS MATERIALIZED (
    SELECT * FROM records_finding WHERE conversation_id = ANY (%(ids)s::uuid[])
), place AS (
    SELECT d.id, json_build_object('id', d.id, 'layer', l.code, 'code', d.code, 'name', d.name) AS located,
           l.code AS layer, d.code
    FROM districts_district d
    JOIN districts_boundaryedition e ON e.id = d.edition_id
    JOIN districts_layer l ON l.id = e.layer_id
    WHERE d.id IN (
        SELECT district_id FROM wanted UNION SELECT district_id FROM heard
    )
), theme AS (
    SELECT ft.finding_id, json_agg(t.code ORDER BY t.position, t.code) AS codes
    FROM heard
    JOIN records_findingtheme ft ON ft.finding_id = heard.id
    JOIN codelists_theme t ON t.id = ft.theme_id
    GROUP BY ft.finding_id
), finding AS (
    SELECT f.conversation_id,
           json_agg(json_build_object(
               'id', f.id, 'kind', f.kind, 'text', f.text, 'themes', coalesce(theme.codes, '[]'),
               'severity', f.severity, 'shared_by', f.shared_by,
               'place', CASE f.place
                   WHEN 'point' THEN json_build_object(
                       'kind', 'point', 'point', ST_AsGeoJSON(f.location, 7)::json, 'accuracy_m', f.accuracy_m)
                   WHEN 'district' THEN json_build_object('kind', 'district', 'layer', place.layer, 'code', place.code)
                   ELSE json_build_object('kind', f.place) END,
               'district', place.located
           ) ORDER BY f.position) AS findings
    FROM heard f
    LEFT JOIN theme ON theme.finding_id = f.id
    LEFT JOIN place ON place.id = f.district_id
    GROUP BY f.conversation_id
), band AS (
    SELECT conversation_id, json_object_agg(variable, bands) AS bands
    FROM (
        SELECT conversation_id, variable, json_object_agg(band, people ORDER BY band) AS bands
        FROM records_participantband WHERE conversation_id = ANY (%(ids)s::uuid[])
        GROUP BY conversation_id, variable
    ) per_variable
    GROUP BY conversation_id
), consent AS (
    SELECT conversation_id,
           json_agg(json_build_object('purpose', purpose, 'mode', mode, 'notice_version', notice_version)
                    ORDER BY purpose) AS consents
    FROM records_consent WHERE conversation_id = ANY (%(ids)s::uuid[])
    GROUP BY conversation_id
)
SELECT c.id, c.version, ST_AsGeoJSON(c.location, 7) AS geometry,
       json_build_object(
           'id', c.id, 'version', c.version, 'occurred_at', to_json(c.occurred_at), 'received_at', to_json(c.received_at),
           'updated_at', to_json(c.updated_at), 'listener', u.username, 'channel', c.channel, 'language', c.language,
           'people_count', c.people_count, 'bands', coalesce(band.bands, '{}'), 'session', c.session_id, 'venue', v.code,
           'summary', c.summary,
           'place', CASE c.place
               WHEN 'point' THEN json_build_object(
                   'kind', 'point', 'point', ST_AsGeoJSON(c.location, 7)::json, 'accuracy_m', c.accuracy_m)
               WHEN 'district' THEN json_build_object('kind', 'district', 'layer', place.layer, 'code', place.code)
               ELSE json_build_object('kind', c.place) END,
           'district', place.located, 'is_test', c.is_test, 'may_be_counted', c.may_be_counted,
           'consents', coalesce(consent.consents, '[]'),
           'findings', coalesce(finding.findings, '[]')
       )::text AS document
FROM wanted c
JOIN fieldwork_user u ON u.id = c.listener_id
LEFT JOIN fieldwork_venue v ON v.id = c.venue_id
LEFT JOIN place ON place.id = c.district_id
LEFT JOIN finding ON finding.conversation_id = c.id
LEFT JOIN band ON band.conversation_id = c.id
LEFT JOIN consent ON consent.conversation_id = c.id
ORDER BY c.position
