"""Uploads to the real server: two processes, files on disk, networks that break off."""

from __future__ import annotations

import hashlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from uuid6 import uuid7

from listening.attachments.models import Attachment
from listening.fieldwork.tokens import issue
from tests.attacks.conftest import HOST, Answer, Served
from tests.listening.attachments.media import PIXELS_ALONE, jpeg, parts_of
from tests.listening.attachments.phone import CHUNK
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
PHOTO = jpeg(size=(300, 200))
HALF = len(PHOTO) // 2


@pytest.fixture
def token() -> str:
    return issue(person("anna", "listener"))


def announce(served: Served, token: str, pk: UUID) -> Answer:
    told = {"size": len(PHOTO), "sha256": hashlib.sha256(PHOTO).hexdigest(), "media_type": "image/jpeg"}
    body = json.dumps({"id": str(pk), "conversation": str(uuid7()), **told}).encode()
    return served.ask(
        "POST", "/api/v1/attachments", body, Authorization=f"Bearer {token}", Content_Type="application/json"
    )


def send(served: Served, token: str, pk: UUID, chunk: bytes, start: int) -> Answer:
    return served.ask(
        "PATCH",
        f"/api/v1/attachments/{pk}",
        chunk,
        Authorization=f"Bearer {token}",
        Content_Type=CHUNK,
        Upload_Offset=str(start),
        Tus_Resumable="1.0.0",
    )


def test_it_works(served: Served, token: str) -> None:
    pk = uuid7()
    announced = announce(served, token, pk)
    assert (announced.status, announced.headers["upload-offset"]) == (201, "0")
    assert announced.headers["location"] == f"https://{HOST}/api/v1/attachments/{pk}"
    assert send(served, token, pk, PHOTO[:HALF], 0).status == 204
    asked = served.ask("HEAD", f"/api/v1/attachments/{pk}", Authorization=f"Bearer {token}")
    assert (asked.headers["upload-offset"], asked.body) == (str(HALF), b"")
    last = send(served, token, pk, PHOTO[HALF:], HALF)
    assert (last.status, last.headers["upload-offset"]) == (204, str(len(PHOTO)))
    got = served.ask("GET", f"/api/v1/attachments/{pk}/content", Authorization=f"Bearer {token}")
    assert set(parts_of(got.body)) <= PIXELS_ALONE
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["cache-control"] == "private, no-store"


def test_two_processes_take_the_same_chunk_once(served: Served, token: str) -> None:
    pk = uuid7()
    announce(served, token, pk)
    for start, chunk in ((0, PHOTO[:HALF]), (HALF, PHOTO[HALF:])):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, at=start, part=chunk: send(served, token, pk, part, at), range(4)))
        assert sorted(answer.status for answer in answers) == [204, 409, 409, 409]
    assert Attachment.objects.get(pk=pk).state == "complete"


def test_a_connection_that_breaks_off(served: Served, token: str) -> None:
    """Half of a chunk counts for nothing; the phone asks, and sends it again."""
    pk = uuid7()
    announce(served, token, pk)
    head = (
        f"PATCH /api/v1/attachments/{pk} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n"
        f"X-Forwarded-For: {served.address}\r\nAuthorization: Bearer {token}\r\nContent-Type: {CHUNK}\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {len(PHOTO)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as link:
        link.sendall(head.encode() + PHOTO[:HALF])
    asked = served.ask("HEAD", f"/api/v1/attachments/{pk}", Authorization=f"Bearer {token}")
    assert asked.headers["upload-offset"] == "0"
    assert send(served, token, pk, PHOTO, 0).status == 204


def test_a_body_in_chunks_is_not_read(served: Served, token: str) -> None:
    pk = uuid7()
    announce(served, token, pk)
    told = served.say(
        f"PATCH /api/v1/attachments/{pk} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
        f"X-Forwarded-For: {served.address}\r\nAuthorization: Bearer {token}\r\nContent-Type: {CHUNK}\r\n"
        "Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".encode()
    )
    assert told.startswith(b"HTTP/1.1 411")
