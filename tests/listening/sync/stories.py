"""What phones show when one thing is broken that sync relies on: for each mutant the shortest story that tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from listening.sync.client.store import Store
from tests.listening.sync.mutants import (
    head_too_late,
    last_writer_wins,
    no_gone,
    no_ledger,
    no_tombstones,
    nobody_waits,
    themes_unseen,
    unconditional_leave,
)

if TYPE_CHECKING:
    from tests.listening.sync.test_state_machine import SyncMachine


def no_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that keeps what lies in none of its buckets (rule C3)."""
    monkeypatch.setattr(Store, "_forget_outside", lambda *_: None)


Story = Callable[["SyncMachine"], None]


def a_coordinator_is_moved(told: SyncMachine) -> None:
    told.place_coordinator("carla", "1", "restricted")


def a_conversation_is_deleted(told: SyncMachine) -> None:
    told.delete(0, 0)


def something_changes_while_a_phone_is_filled(told: SyncMachine) -> None:
    told.place_coordinator("carla", "city", "restricted")
    told.begin_an_epoch()
    told.pull_a_page(3, 1)
    for pick in range(2):
        told.change(0, pick, "summary", "it")
        told.change(2, pick, "summary", "it")
    told.push(0, "")
    told.push(2, "")


def a_theme_becomes_sensitive(told: SyncMachine) -> None:
    told.change_a_theme("rent", "restricted")


def a_request_arrives_twice(told: SyncMachine) -> None:
    told.change(0, 0, "summary", "it")
    told.push(0, "twice")


def two_phones_write_at_once(told: SyncMachine) -> None:
    told.change(0, 0, "summary", "it")
    told.change(1, 0, "summary", "ar")


def a_deleted_conversation_is_logged_again(told: SyncMachine) -> None:
    told.delete(0, 0)
    told.everybody_syncs()
    told.create_again(0, 0)


def a_change_comes_before_its_conversation(told: SyncMachine) -> None:
    told.tell_the_end_first(0, 5)


STORIES: dict[Callable[[pytest.MonkeyPatch], None], Story] = {
    no_forgetting: a_coordinator_is_moved,
    no_gone: a_conversation_is_deleted,
    unconditional_leave: a_theme_becomes_sensitive,
    head_too_late: something_changes_while_a_phone_is_filled,
    themes_unseen: a_theme_becomes_sensitive,
    no_ledger: a_request_arrives_twice,
    last_writer_wins: two_phones_write_at_once,
    no_tombstones: a_deleted_conversation_is_logged_again,
    nobody_waits: a_change_comes_before_its_conversation,
}
