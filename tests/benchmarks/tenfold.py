"""What need maps cost with ten times the records: `python -m tests.benchmarks.tenfold bench_1000000`.

Takes a database that `python -m tests.benchmarks --keep` left, as a template. Filling one through capture takes hours
at this size, so the records are copied: each conversation nine times, by other ids, up to 45 days earlier or later,
with what was heard in it. Cells are counted anew from all of them; sums over occasions, which cost the same to read,
are left out, and so is the bare SQL, which takes minutes at this size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg

TIMES = 10
MEASURE = (
    "import django; django.setup(); from tests.benchmarks.measure import need_maps_in_sql; "
    "need_maps_in_sql(counts_of_records=0)"
)

# The search and the checks of other tables are not what is measured.
BARE = """
DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT conrelid::regclass AS "table", conname FROM pg_constraint
              WHERE contype = 'f' AND conrelid = ANY (ARRAY['records_conversation', 'records_finding',
                                                            'records_findingtheme']::regclass[]) LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it."table", it.conname);
    END LOOP;
    FOR it IN SELECT indexrelid::regclass AS name FROM pg_index
              WHERE NOT indisunique AND indrelid = ANY (ARRAY['records_conversation', 'records_finding',
                                                              'records_findingtheme']::regclass[]) LOOP
        EXECUTE format('DROP INDEX %s', it.name);
    END LOOP;
END $$;
ALTER TABLE records_conversation DISABLE TRIGGER USER;
ALTER TABLE records_finding DISABLE TRIGGER USER;
ALTER TABLE records_findingtheme DISABLE TRIGGER USER;
"""

COPY = """
INSERT INTO records_findingtheme (finding_id, theme_id)
SELECT md5(finding_id::text || copy)::uuid, theme_id FROM records_findingtheme, generate_series(2, {times}) AS copy;

INSERT INTO records_finding (id, position, kind, text, severity, shared_by, place, location, accuracy_m,
                             conversation_id, district_id)
SELECT md5(id::text || copy)::uuid, position, kind, text, severity, shared_by, place, location, accuracy_m,
       md5(conversation_id::text || copy)::uuid, district_id
FROM records_finding, generate_series(2, {times}) AS copy;

INSERT INTO records_conversation (id, version, occurred_at, occurred_on, received_at, updated_at, channel, language,
                                  people_count, summary, place, location, accuracy_m, is_test,
                                  may_be_counted, submission_fingerprint, district_id, listener_id, session_id,
                                  venue_id, named_district_id)
SELECT md5(id::text || copy)::uuid, version, occurred_at + make_interval(days => days), occurred_on + days, received_at,
       updated_at, channel, language, people_count, summary, place, location, accuracy_m, is_test, may_be_counted,
       submission_fingerprint, district_id, listener_id, session_id, venue_id, named_district_id
FROM records_conversation, generate_series(2, {times}) AS copy,
     LATERAL (SELECT hashtext(id::text || copy) % 46 AS days) AS moved;

CREATE INDEX ON records_finding (conversation_id);
CREATE INDEX ON records_findingtheme (finding_id);
ANALYZE records_conversation, records_finding, records_findingtheme;
"""

# A conversation is on one day: what the days hold adds up to months, quarters and years.
COUNT = """
TRUNCATE rollups_cell, rollups_delta;
INSERT INTO rollups_cell (role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe)
SELECT 'encounter', 'day', theme_id, kind, day, district_id, count(DISTINCT conversation_id),
       count(DISTINCT finding_id), count(DISTINCT conversation_id) FILTER (WHERE is_severe)
FROM (
    SELECT c.id AS conversation_id, NULL::uuid AS finding_id, c.occurred_on AS day,
           coalesce(c.district_id, 0) AS district_id, 0 AS theme_id, 'any' AS kind, NULL::boolean AS is_severe
    FROM records_conversation c WHERE c.may_be_counted AND NOT c.is_test
    UNION ALL
    SELECT c.id, f.id, c.occurred_on, coalesce(c.district_id, 0), listed.theme_id, said.kind, f.severity >= 4
    FROM records_conversation c
    JOIN records_finding f ON f.conversation_id = c.id
    LEFT JOIN records_findingtheme ft ON ft.finding_id = f.id
    LEFT JOIN codelists_theme theme ON theme.id = ft.theme_id
    CROSS JOIN LATERAL (VALUES (0), (theme.id), (theme.parent_id)) AS listed (theme_id)
    CROSS JOIN LATERAL (VALUES (f.kind), ('any')) AS said (kind)
    WHERE c.may_be_counted AND NOT c.is_test AND listed.theme_id IS NOT NULL
) AS heard
GROUP BY theme_id, kind, day, district_id;
INSERT INTO rollups_cell (role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe)
SELECT role, g.grain, theme_id, kind, date_trunc(g.grain, bucket)::date, district_id, sum(conversations), sum(mentions),
       sum(severe)
FROM rollups_cell CROSS JOIN (VALUES ('month'), ('quarter'), ('year')) AS g (grain)
GROUP BY role, g.grain, theme_id, kind, date_trunc(g.grain, bucket)::date, district_id;
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tenfold", description=__doc__)
    parser.add_argument("template", help="A database that `python -m tests.benchmarks --keep` left.")
    template: str = parser.parse_args().template
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    from backend import settings

    parts = urlsplit(settings.DATABASE_URL)
    server = psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True)
    name = f"{template}_tenfold"
    server.execute(f'DROP DATABASE IF EXISTS "{name}"')
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = urlunsplit(parts._replace(path=f"/{name}"))
    try:
        started = time.perf_counter()
        quick = "-c jit=off -c synchronous_commit=off -c work_mem=512MB -c maintenance_work_mem=512MB"
        with psycopg.connect(url.replace("postgis:", "postgresql:", 1), autocommit=True, options=quick) as database:
            for statements in (BARE, COPY.format(times=TIMES), COUNT):
                database.execute(statements)
            database.execute("VACUUM ANALYZE rollups_cell")
            (heard,), (cells,) = (
                database.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
                for table in ("records_finding", "rollups_cell")
            )
        print(f"{heard:,} findings, {cells:,} cells, copied and counted in {time.perf_counter() - started:.0f} s")
        return subprocess.run(
            [sys.executable, "-c", MEASURE],
            env={**os.environ, "DATABASE_URL": url, "LISTENING_DEMO": "1", "LISTENING_LOG_LEVEL": "ERROR"},
            check=False,
        ).returncode
    finally:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')


if __name__ == "__main__":
    sys.exit(main())
