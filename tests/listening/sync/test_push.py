"""PROTOCOL.md, cases P01 to P20: what becomes of ops."""

from __future__ import annotations

import pytest
from uuid6 import uuid7

from listening.records.models import Conversation, Finding, Tombstone
from listening.sync.models import Clash, Op, WaitingOp
from tests.listening.sync.conftest import logged, op

pytestmark = pytest.mark.django_db


def test_it_works(anna):
    told = logged(summary="At the market")
    assert anna.push_one(told)["status"] == "accepted"
    stored = Conversation.objects.get(pk=told["id"])
    assert (stored.summary, stored.version, stored.listener) == ("At the market", 1, anna.owner)


def test_p01_sent_again_it_is_a_duplicate(anna):
    told = logged()
    first = anna.push_one(told)
    again = anna.push_one(told)
    assert again["status"] == "duplicate"
    assert again["outcome"] == {"status": "accepted", "version": first["version"]}
    assert Conversation.objects.count() == Op.objects.count() == 1
