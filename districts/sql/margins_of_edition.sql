-- districts/sql/margins_of_edition.sql
-- Residents by band of the districts of one edition. Grain: district x variable x band.
-- :edition                         id
-- :variables, :years, :sources     the figures that are meant; each variable once
-- A district without figures of its own has the sum over the districts of one finer layer whose main parent it is: the
-- coarsest layer in which each of them has figures by the same bands. Else it has none: a part is not the whole.
WITH wanted AS (
    SELECT * FROM unnest(%(variables)s::text[], %(years)s::integer[], %(sources)s::text[]) AS w (variable, year, source)
), figure AS (
    SELECT m.district_id, m.variable, m.band, m.people
    FROM districts_referencemargin m
    JOIN wanted ON wanted.variable = m.variable AND wanted.year = m.year AND wanted.source = m.source
), own AS (
    SELECT figure.* FROM figure JOIN districts_district d ON d.id = figure.district_id WHERE d.edition_id = %(edition)s
), part AS (
    SELECT m.parent_id, m.child_id, child.edition_id, child.rank
    FROM districts_membership m
    JOIN districts_district parent ON parent.id = m.parent_id AND parent.edition_id = %(edition)s
    JOIN districts_today child ON child.id = m.child_id
    WHERE m.is_main
), whole AS (
    SELECT part.parent_id, part.edition_id, part.rank, wanted.variable
    FROM part CROSS JOIN wanted
    LEFT JOIN figure ON figure.district_id = part.child_id AND figure.variable = wanted.variable
    GROUP BY part.parent_id, part.edition_id, part.rank, wanted.variable
    HAVING count(figure.band) > 0 AND count(figure.band) = count(DISTINCT part.child_id) * count(DISTINCT figure.band)
), chosen AS (
    SELECT DISTINCT ON (parent_id, variable) parent_id, variable, edition_id
    FROM whole ORDER BY parent_id, variable, rank DESC, edition_id
)
SELECT district_id, variable, band, people::bigint FROM own
UNION ALL
SELECT chosen.parent_id, chosen.variable, figure.band, sum(figure.people)::bigint
FROM chosen
JOIN part ON part.parent_id = chosen.parent_id AND part.edition_id = chosen.edition_id
JOIN figure ON figure.district_id = part.child_id AND figure.variable = chosen.variable
WHERE NOT EXISTS (SELECT FROM own WHERE own.district_id = chosen.parent_id AND own.variable = chosen.variable)
GROUP BY chosen.parent_id, chosen.variable, figure.band
