CREATE OR REPLACE FUNCTION rollups_on_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM rollups_refresh((SELECT array_agg(id) FROM old_rows));
    ELSE
        PERFORM rollups_refresh((
            SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.district_id, n.occurred_on, n.is_test, n.may_be_counted, n.session_id, n.listener_id,
                   n.place, n.location, n.named_district_id) IS DISTINCT FROM
                  (o.district_id, o.occurred_on, o.is_test, o.may_be_counted, o.session_id, o.listener_id,
                   o.place, o.location, o.named_district_id)));
    END IF;
    RETURN NULL;
END $$;

DROP FUNCTION rollups_count(uuid[]);

CREATE OR REPLACE FUNCTION rollups_unseen(ids uuid[]) RETURNS uuid[] LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan AS $$
    SELECT array_agg(c.id)
    FROM unnest(ids) AS c (id)
    CROSS JOIN LATERAL (
        SELECT count(*) + coalesce(sum(t.links), 0) AS seen
        FROM records_finding f
        CROSS JOIN LATERAL (SELECT count(*) AS links FROM records_findingtheme ft WHERE ft.finding_id = f.id) t
        WHERE f.conversation_id = c.id
    ) there
    LEFT JOIN rollups_tally t ON t.conversation_id = c.id
    WHERE t.seen IS DISTINCT FROM there.seen
$$;

CREATE OR REPLACE FUNCTION rollups_spot(point geometry) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT least(floor((ST_X(point) + 180) / 360 * 16777216), 16777215)::bigint << 24
         | least(greatest(floor(
               (0.5 - asinh(tan(radians(least(greatest(ST_Y(point), -85.06), 85.06)))) / (2 * pi())) * 16777216
           ), 0), 16777215)::bigint
$$;

CREATE OR REPLACE FUNCTION rollups_cluster(session_id uuid, listener_id bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(session_id, md5('listener ' || listener_id)::uuid)
$$;

ALTER TABLE rollups_delta ADD PRIMARY KEY (id);
