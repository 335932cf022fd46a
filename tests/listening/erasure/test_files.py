"""Erasure is physical: what was withdrawn is in no file of the database, and in no log, after the nightly rewrite."""

import io
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from backend.localdb.cluster import cluster_of
from listening.capture.accept import accept_many
from listening.consent.codes import digest_of, new_code, read_code
from listening.erasure.withdraw import ask
from listening.records.models import Conversation
from tests.canaries import postgresql_log
from tests.listening.submissions import conversation, heard

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(postgresql_log() is None, reason="the files of another server are not ours to read"),
]
# Not the canary of all tests, of which other tests have left copies; never written to a log.
SECRET = "Zaunkoenig5" * 40


def files_with(secret):
    """Files of the database of the tests, heaps, indexes, large values and maps, in which a text stands as it is."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT" if _is_superuser(cursor) else "SELECT 1")
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        folder = Path(cluster_of(Path(settings.BASE_DIR)).data, "base", str(cursor.fetchone()[0]))
    if not os.access(folder, os.R_OK):
        pytest.skip("the files belong to somebody else")
    return sorted(file.name for file in folder.iterdir() if secret.encode() in file.read_bytes())


def _is_superuser(cursor):
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return cursor.fetchone()[0]


def evict(cursor):
    """Push dirty pages out of the shared buffers: a VACUUM FULL of a table writes and syncs its file."""
    for table in ("records_conversation", "records_finding"):
        cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")


def test_nothing_is_left(city, themes, listener, tmp_path, settings):
    settings.WITHDRAWAL_JOURNAL = tmp_path / "journal"
    codes = [new_code() for _ in range(60)]
    told = [
        conversation(
            listener, heard("need", themes["rent"], text=f"{SECRET} {n}"), summary=f"{SECRET} {n % 3}",
            receipt=digest_of(read_code(code)),
        )
        for n, code in enumerate(codes)
    ]  # fmt: skip
    accept_many([*told, *[conversation(listener, heard("need", themes["rent"])) for _ in range(20)]])
    with connection.cursor() as cursor:
        evict(cursor)
    assert files_with(SECRET[:40]), "the test finds what is there"
    for code in codes:
        ask(code)
    call_command("worker", "--once", stdout=io.StringIO())
    assert Conversation.objects.count() == 20
    call_command("rewrite_erased", stdout=io.StringIO())
    assert files_with(SECRET[:40]) == []
    assert SECRET not in settings.WITHDRAWAL_JOURNAL.read_text()
    assert SECRET.encode() not in postgresql_log().read_bytes()
