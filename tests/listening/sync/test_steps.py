"""PROTOCOL.md, case P41: very much was stored at once, and each pull takes up a part of it."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, connection, connections, transaction

from listening.capture.accept import accept_many
from listening.sync import feed
from listening.sync.models import Change, Touched
from tests.listening.submissions import conversation
from tests.listening.sync.conftest import Phone, logged

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

STEP = 5


@pytest.fixture(autouse=True)
def _short_steps(monkeypatch):
    monkeypatch.setattr(feed, "STEP", STEP)


@pytest.fixture
def store(anna):
    """Store conversations of anna in one statement; returns their ids in the order in which they were touched."""

    def stored(count):
        told = [conversation(anna.owner, summary=f"number {n}") for n in range(count)]
        accept_many(told)
        return sorted(str(one.id) for one in told)

    return stored


def delivered(phone, limit=500):
    """Pull until there is no more; the ids that came, one by one."""
    return [row["id"] for page in phone.pull(limit) for row in page["rows"]]


def in_a_thread(do):
    """Begin to do something with a connection of its own; returns the thread, and what it brings or raises."""
    brought = []

    def work():
        try:
            brought.append(do())
        except OperationalError as error:
            brought.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, brought


def wait_until(statement):
    """Until a statement says so, ten seconds at most."""
    for _ in range(1_000):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError(statement)


class TestOnePull:
    def test_p41_it_numbers_no_more_than_a_step(self, anna, store):
        anna.pull()
        store(3 * STEP + 2)
        numbered = []
        while Touched.objects.exists():
            before = Change.objects.count()
            assert anna.page()["more"] is (Touched.objects.count() > 0)
            numbered.append(Change.objects.count() - before)
        assert numbered == [2 * STEP] * 3 + [2 * 2]  # for the listener, and for the district

    def test_p41_a_phone_that_follows_gets_every_row_once_and_in_order(self, anna, store):
        anna.pull()
        ids = store(4 * STEP + 3)
        assert delivered(anna, limit=3) == ids

    def test_p41_so_does_one_that_begins(self, anna, store):
        """Its first step fills it, by ids; nothing is numbered while it is being filled, or that would come twice."""
        ids = store(4 * STEP + 3)
        pages = [anna.page(limit=2)]
        left = Touched.objects.count()
        while len(anna.rows) < STEP:
            pages.append(anna.page(limit=2))
            assert Touched.objects.count() == left
        pages += anna.pull(limit=2)
        assert [row["id"] for page in pages for row in page["rows"]] == ids

    def test_p41_an_empty_page_says_that_there_is_more(self, anna, bruno, store):
        """What lies first in the feed is somebody else's."""
        bruno.pull()
        store(2 * STEP + 1)
        bruno.push_one(logged(summary="own"))
        pages = bruno.pull()
        assert [(len(page["rows"]), page["more"]) for page in pages] == [(0, True), (0, True), (1, False)]
        assert bruno.summaries == {"own"}

    def test_p41_where_little_is_left_one_pull_is_all(self, anna, store):
        anna.pull()
        ids = store(STEP - 1)
        page = anna.page()
        assert ([row["id"] for row in page["rows"]], page["more"]) == (ids, False)


@committed
class TestManyPulls:
    def test_p41_two_at_once_get_every_row_once_and_in_order(self, anna, store):
        """Phones that number for each other: no row is numbered twice, and none is passed over."""
        other = Phone(anna.owner)
        anna.pull()
        other.pull()
        ids = store(12 * STEP + 3)
        begun = [in_a_thread(lambda phone=phone: delivered(phone, limit=4)) for phone in (anna, other)]
        for thread, _ in begun:
            thread.join(60)
        assert [brought for _, brought in begun] == [[ids], [ids]]
        assert Change.objects.count() == 2 * len(ids)

    def test_p41_who_waited_leaves_a_long_rest_to_later(self, anna, store):
        assert self._beside_another(store(3 * STEP)) == feed.Sequenced(0, is_part=True)
        assert Change.objects.count() == 2 * STEP

    def test_p41_who_waited_takes_a_short_rest(self, anna, store):
        """What one pushed before is not left to another pull."""
        assert self._beside_another(store(STEP + 2)) == feed.Sequenced(2, is_part=False)
        assert not Touched.objects.exists()

    @staticmethod
    def _beside_another(_):
        """What a step comes to that another one makes wait."""
        with transaction.atomic():
            assert feed.sequence_step() == feed.Sequenced(STEP, is_part=True)
            waiting, brought = in_a_thread(feed.sequence_step)
            wait_until("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted")
        waiting.join(10)
        return brought[0]

    def test_p41_a_pull_that_is_killed_midway_loses_nothing(self, anna, store):
        anna.pull()
        ids = store(2 * STEP + 2)
        midway, go_on = threading.Event(), threading.Event()
        backend = []

        def killed():
            with transaction.atomic(), connection.cursor() as cursor:
                feed.sequence_step()
                cursor.execute("SELECT pg_backend_pid()")
                backend.append(cursor.fetchone()[0])
                midway.set()
                go_on.wait(10)
                cursor.execute("SELECT 1")

        thread, brought = in_a_thread(killed)
        assert midway.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", backend)
        go_on.set()
        thread.join(10)
        assert isinstance(brought[0], OperationalError)
        assert Change.objects.count() == 0
        assert delivered(anna) == ids
