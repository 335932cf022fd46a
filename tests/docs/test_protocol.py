"""PROTOCOL.md: each case is a test of its number, and each such test a case; words are those of the code."""

import re

from listening.sync.api.serializers import REASONS, STATUSES
from listening.sync.api.urls import urlpatterns
from listening.sync.ops import KINDS, MEMBERS, TYPES
from tests.docs.pages import ROOT, codes, page

PROTOCOL = page("listening/sync/PROTOCOL.md")


def test_each_case_has_its_tests():
    told = {row[0] for row in PROTOCOL.table("Cases", "case")}
    source = "\n".join(path.read_text() for path in (ROOT / "tests/listening/sync").glob("test_*.py"))
    tested = {f"P{number}" for number in re.findall(r"def test_p(\d\d)_", source)}
    assert len(told) > 25
    assert told == tested


def test_statuses_and_reasons():
    assert {codes(row[0])[0] for row in PROTOCOL.table("Push", "status")} == set(STATUSES)
    assert {codes(row[0])[0] for row in PROTOCOL.table("Push", "reason")} == set(REASONS)


def test_kinds_of_ops():
    told, kind = [], ""
    for row in PROTOCOL.table("Push", "type"):
        kind = (codes(row[0]) or [kind])[0]
        told.append((kind, codes(row[1])[0]))
    assert set(told) == set(MEMBERS)
    assert {kind for kind, _ in told} == set(TYPES)
    assert {name for _, name in told} == set(KINDS)


def test_addresses():
    told = {codes(row[1])[0].removeprefix("/api/v1/sync/") for row in PROTOCOL.table("Requests", "method")}
    assert told == {re.sub(r"<\w+:pk>", "{id}", str(route.pattern)) for route in urlpatterns}
