"""What a phone keeps, in a file that several processes may open."""

from __future__ import annotations

import sqlite3

import pytest

from listening.sync.client.store import Store


def test_two_processes_may_open_one_store(path, store):
    other = Store(path)
    store.queue({"op": "o", "id": "a"})
    assert other.has_queued()
    with pytest.raises(sqlite3.IntegrityError):
        other.queue({"op": "o", "id": "b"})
    other.close()
