"""Files of a release over HTTP: whole and in parts, kept by their checksum, gone with the release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from listening.releases.models import ReleaseFile
from tests.listening.opendata.world import NEWEST

BODY = bytes(range(256)) * 4
SHA256 = hashlib.sha256(BODY).hexdigest()
ADDRESS = f"/open/releases/{NEWEST}/data.csv"


@pytest.fixture
def file(read: Client, settings: Any, tmp_path: Path) -> Iterator[Client]:
    """`data.csv` of the newest release, 1,024 bytes; taken away again as no city can."""
    settings.RELEASES_ROOT = tmp_path
    for code in (NEWEST, "2026-Q1-r1"):
        (tmp_path / code).mkdir()
        (tmp_path / code / "data.csv").write_bytes(BODY)
    # A sealed release takes no more rows, so the triggers rest for this one.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE releases_releasefile DISABLE TRIGGER USER")
    rows = [
        ReleaseFile(release_id=code, name=name, media_type="text/csv", bytes=1024, sha256=SHA256, is_canonical=True)
        for code, name in ((NEWEST, "data.csv"), (NEWEST, "lost.csv"), ("2026-Q1-r1", "data.csv"))
    ]
    ReleaseFile.objects.bulk_create(rows)
    yield read
    ReleaseFile.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE releases_releasefile ENABLE ALWAYS TRIGGER releases_refuse_sealed")
        cursor.execute("ALTER TABLE releases_releasefile ENABLE ALWAYS TRIGGER releases_refuse")


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_whole_file(file: Client) -> None:
    answer = file.get(ADDRESS)
    assert answer.status_code == 200
    assert body(answer) == BODY
    assert answer.headers["ETag"] == f'"{SHA256}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Length"] == "1024"
    head = file.head(ADDRESS)
    assert (head.headers["Content-Length"], head.headers["Accept-Ranges"]) == ("1024", "bytes")


@pytest.mark.parametrize(
    ("asked", "status", "told", "part"),
    [
        ("bytes=0-99", 206, "bytes 0-99/1024", BODY[:100]),
        ("bytes=100-", 206, "bytes 100-1023/1024", BODY[100:]),
        ("bytes=-10", 206, "bytes 1014-1023/1024", BODY[-10:]),
        ("bytes=-5000", 206, "bytes 0-1023/1024", BODY),
        ("bytes=1000-5000", 206, "bytes 1000-1023/1024", BODY[1000:]),
        ("bytes=1024-", 416, "bytes */1024", b""),
        ("bytes=-0", 416, "bytes */1024", b""),
        # What is no range, or several, is passed over.
        ("bytes=9-2", 200, None, BODY),
        ("bytes=0-1,5-6", 200, None, BODY),
        ("bytes=-", 200, None, BODY),
        ("lines=1-2", 200, None, BODY),
    ],
)
def test_parts(file: Client, asked: str, status: int, told: str | None, part: bytes) -> None:
    answer = file.get(ADDRESS, headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range"), body(answer)) == (status, told, part)


def test_a_part_of_another_version_is_the_whole(file: Client) -> None:
    for version, status in ((f'"{SHA256}"', 206), ('"other"', 200), ("Thu, 01 Jan 2026 00:00:00 GMT", 200)):
        answer = file.get(ADDRESS, headers={"Range": "bytes=0-9", "If-Range": version})
        assert answer.status_code == status, version
        body(answer)


def test_what_was_kept_is_not_sent_again(file: Client) -> None:
    answer = file.get(ADDRESS, headers={"If-None-Match": f'"{SHA256}"'})
    assert (answer.status_code, answer.headers["ETag"]) == (304, f'"{SHA256}"')


def test_the_newest_release_leads_on(file: Client) -> None:
    answer = file.get("/open/releases/latest/data.csv")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"http://testserver{ADDRESS}")
    assert file.get("/open/releases/latest/").headers["Location"] == f"http://testserver/open/releases/{NEWEST}/"


def test_files_of_a_withdrawn_release_are_gone(file: Client) -> None:
    answer = file.get("/open/releases/2026-Q1-r1/data.csv")
    assert answer.status_code == 410
    assert (answer.json()["reason"], answer.json()["replaced_by"]) == (
        "Numbers of two places were exchanged.", "2026-Q1-r2",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["none.csv", "lost.csv", "..", "%2e%2e", "data.csv%00"])
def test_what_is_not_there(file: Client, name: str) -> None:
    assert file.get(f"/open/releases/{NEWEST}/{name}").status_code in {400, 404}
    assert file.get(f"/open/releases/2030-Q1-r1/{name}").status_code in {400, 404}


def test_the_list_names_files_with_their_checksums(file: Client) -> None:
    found = file.get("/open/releases/").json()["releases"]
    assert [(one["code"], one["status"]) for one in found] == [
        (NEWEST, "published"), ("2026-Q1-r2", "published"), ("2026-Q1-r1", "withdrawn"),
    ]  # fmt: skip
    assert found[0]["files"][0]["sha256"] == SHA256
    assert found[2]["files"] == []
    page = file.get(f"/open/releases/{NEWEST}/?f=html").content.decode()
    assert SHA256 in page
