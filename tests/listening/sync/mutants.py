"""One thing broken at a time that sync relies on: what the histories and the state machine must find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from listening.records.models import Tombstone
from listening.sync import apply as applying
from listening.sync import feed, ledger, merge, waiting
from listening.sync import pull as pulling
from listening.sync.buckets import Buckets
from listening.sync.models import Change


# --- the feed --------------------------------------------------------------------------------------------
def no_filling(monkeypatch: pytest.MonkeyPatch) -> None:
    """New buckets count as known: what lay in them before is never delivered."""
    real = pulling._within

    def within(cursor: Any, buckets: Any) -> Any:
        made = real(cursor, buckets)
        return made if cursor.filling or not cursor.known else replace(made, known=tuple(buckets.names), filling=())

    monkeypatch.setattr(pulling, "_within", within)


def no_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The floor is not looked at."""
    real = feed.state

    def state() -> Any:
        found = real()
        found.floor = 0
        return found

    monkeypatch.setattr(feed, "state", state)


def no_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pulling._standing
    monkeypatch.setattr(pulling, "_standing", lambda *args: (real(*args)[0], []))


def unconditional_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """What left one bucket of the person counts as gone, though it lies in another of theirs."""
    real = pulling._standing

    def standing(person: Any, ids: Any, buckets: Buckets) -> Any:
        rows, gone = real(person, ids, buckets)
        kept = []
        for row in rows:
            entries = Change.objects.filter(conversation_id=row.id, owner_id=None)
            were = {
                name
                for one in entries
                for name in buckets.holding(owner_id=0, district_id=one.district_id, tier=one.tier)
            }
            if were - set(row.buckets):
                gone.append(pulling.Gone(row.id, False))
            else:
                kept.append(row)
        return kept, gone

    monkeypatch.setattr(pulling, "_standing", standing)


def head_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed is followed from where it ends when the rows were delivered, not from where it ended before."""
    real = pulling._fill

    def fill(person: Any, cursor: Any, limit: int) -> Any:
        ids, after, more = real(person, cursor, limit)
        return ids, replace(after, pos=feed.head()), more

    monkeypatch.setattr(pulling, "_fill", fill)


def themes_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme that becomes more sensitive is not noted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION sync_on_theme() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )


# --- ops -------------------------------------------------------------------------------------------------
def no_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is forgotten at once."""
    real = ledger.find

    def find(received: Any) -> None:
        real(received)
        ledger.Op.objects.filter(pk=received.op).delete()

    monkeypatch.setattr(ledger, "find", find)


def last_writer_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks at what others have changed since."""
    for name in ("merge_conversation", "merge_finding"):
        real = getattr(merge, name)
        monkeypatch.setattr(applying, name, lambda now, _, *told, real=real, **also: real(now, {}, *told, **also))


def no_tombstones(monkeypatch: pytest.MonkeyPatch) -> None:
    """That something was deleted is forgotten."""
    real = applying.delete

    def delete(conversation: Any, **told: Any) -> Any:
        made = real(conversation, **told)
        Tombstone.objects.filter(pk=made.pk).delete()
        return made

    monkeypatch.setattr(applying, "delete", delete)


def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came too early is never tried again."""
    monkeypatch.setattr(waiting, "try_again", lambda *_, **__: None)


OF_THE_FEED = [no_filling, no_reset, no_gone, unconditional_leave, head_too_late, themes_unseen]
