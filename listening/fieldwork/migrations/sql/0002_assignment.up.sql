-- Who had a role has it in the whole city from the day they came, and reads what they read before.
INSERT INTO fieldwork_assignment (person_id, role, district_code, clearance, first_day)
SELECT u.id, r.role, '', CASE r.role WHEN 'coordinator' THEN 'internal' ELSE 'normal' END, u.date_joined::date
FROM fieldwork_user u
-- An administrator read all records; administering alone reads none.
CROSS JOIN LATERAL (SELECT u.role UNION SELECT 'coordinator' WHERE u.role = 'admin') AS r (role);
