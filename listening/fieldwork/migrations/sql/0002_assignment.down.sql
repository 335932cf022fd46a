-- One role a person: the one that may most.
UPDATE fieldwork_user u
SET role = a.role, is_staff = a.role = 'admin', is_superuser = a.role = 'admin'
FROM (
    SELECT DISTINCT ON (person_id) person_id, role
    FROM fieldwork_assignment
    WHERE role IN ('admin', 'coordinator', 'steward', 'planner', 'listener') AND last_day IS NULL
    ORDER BY person_id, array_position(ARRAY['admin', 'coordinator', 'steward', 'planner', 'listener'], role::text)
) a
WHERE a.person_id = u.id;
