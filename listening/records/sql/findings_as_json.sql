-- records/sql/findings_as_json.sql
-- Findings without the people behind them, one JSON text each, in the order of :ids. Grain: one row per finding.
-- Rows: (id, document). No id, no listener, no conversation, no day and no point: the district and the month in which it was
-- heard. An id holds the millisecond in which a phone made it, so readers get a reference instead, which the caller adds.
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, position)
), theme AS (
    SELECT ft.finding_id, json_agg(t.code ORDER BY t.position, t.code) AS codes
    FROM records_findingtheme ft
    JOIN codelists_theme t ON t.id = ft.theme_id
    WHERE ft.finding_id = ANY (%(ids)s::uuid[])
    GROUP BY ft.finding_id
)
SELECT f.id,
       json_build_object(
           'kind', f.kind, 'text', f.text, 'themes', coalesce(theme.codes, '[]'), 'severity', f.severity,
           'month', to_char(c.occurred_on, 'YYYY-MM'),
           'district', CASE WHEN d.id IS NOT NULL THEN
               json_build_object('id', d.id, 'layer', l.code, 'code', d.code, 'name', d.name) END
       )::text
FROM wanted
JOIN records_finding f ON f.id = wanted.id
JOIN records_conversation c ON c.id = f.conversation_id
LEFT JOIN theme ON theme.finding_id = f.id
LEFT JOIN districts_district d ON d.id = c.district_id
LEFT JOIN districts_boundaryedition e ON e.id = d.edition_id
LEFT JOIN districts_layer l ON l.id = e.layer_id
ORDER BY wanted.position
