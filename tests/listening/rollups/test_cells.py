"""The cells say what the records say, whatever was done to the records, merged or not."""

import datetime as dt
import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from listening.capture.accept import accept, accept_many
from listening.capture.amend import amend, delete
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.models import Session
from listening.fieldwork.scope import SENSITIVITIES
from listening.records.models import Conversation, Finding, FindingTheme
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile, repair
from tests.listening.rollups.recount import differences, wrong_occasions, wrong_squares
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person
from tests.squareville import build_city, inside


def cells(grain="year", role="encounter"):
    """(district, theme, kind) -> (conversations, mentions), merged and unmerged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT district_id, theme_id, kind, conversations, mentions FROM rollups_current"
            " WHERE grain = %s AND role = %s",
            [grain, role],
        )
        return {row[:3]: row[3:] for row in cursor.fetchall()}


def assert_cells_equal_records():
    assert differences() == []
    assert wrong_occasions() == (0, 0)
    assert wrong_squares() == (0, 0)


def sums(grain="year"):
    """(district, theme, kind) -> (severe, occasions, squares, crossed), merged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT district_id, theme_id, kind, severe, occasions, squares, crossed FROM rollups_cell"
            " WHERE grain = %s AND role = 'encounter' AND conversations <> 0",
            [grain],
        )
        return {row[:3]: row[3:] for row in cursor.fetchall()}


@pytest.mark.django_db
class TestCounting:
    def test_it_works(self, city, themes, listener):
        rent, housing, mobility = (themes[code].pk for code in ("rent", "housing", "mobility"))
        accept(
            conversation(
                listener,
                heard("need", themes["rent"]),
                heard("need", themes["rent"], themes["repairs"]),
                heard("challenge", themes["mobility"]),
                heard("need"),
            ),
            by=listener,
        )
        place = city.area(5).pk
        counted = cells()
        # One conversation each, however many findings: two needs on rent are one conversation and two mentions.
        assert counted[place, 0, "any"] == (1, 4)
        assert counted[place, 0, "need"] == (1, 3)
        assert counted[place, rent, "any"] == (1, 2)
        assert counted[place, rent, "need"] == (1, 2)
        # Rent and repairs in one finding are one mention of housing, their parent.
        assert counted[place, housing, "need"] == (1, 2)
        assert counted[place, mobility, "challenge"] == (1, 1)
        assert (place, mobility, "need") not in counted
        assert_cells_equal_records()

    def test_listening_counts_when_nothing_was_noted_down(self, city, listener):
        accept(conversation(listener), by=listener)
        assert cells() == {(city.area(5).pk, 0, "any"): (1, 0)}

    def test_listening_without_a_place_counts_too(self, city, listener):
        accept(conversation(listener, heard("need"), place=Place("city")), by=listener)
        assert cells() == {(0, 0, "any"): (1, 1), (0, 0, "need"): (1, 1)}

    def test_what_a_finding_is_about_is_counted_apart_and_has_no_denominator(self, city, themes, listener):
        elsewhere = Place("district", district_id=city.area(9).pk)
        accept(conversation(listener, heard("need", themes["mobility"], place=elsewhere)), by=listener)
        theme = themes["mobility"].pk
        assert (city.area(9).pk, theme, "need") not in cells()
        assert cells(role="subject") == {(city.area(9).pk, t, k): (1, 1) for t in (0, theme) for k in ("any", "need")}
        assert_cells_equal_records()

    @pytest.mark.parametrize("reason", [{"is_test": True}, {"may_be_counted": False}])
    def test_what_may_not_be_counted_is_not(self, city, listener, reason):
        accept(conversation(listener, heard("need"), **reason), by=listener)
        assert cells() == {}
        Conversation.objects.update(is_test=False, may_be_counted=True)
        assert cells()[city.area(5).pk, 0, "any"] == (1, 1)
        Conversation.objects.update(**reason)
        assert cells() == {}

    def test_each_day_is_in_its_month_quarter_and_year(self, city, listener):
        for day in ("2026-01-31", "2026-02-01", "2026-12-31"):
            noon = dt.datetime.fromisoformat(f"{day}T11:00:00+00:00")
            accept_many([replace(conversation(listener), occurred_at=noon, received_at=noon)])
        merge_deltas()
        with connection.cursor() as cursor:
            cursor.execute("SELECT grain, bucket::text, conversations FROM rollups_cell ORDER BY 1, 2")
            assert cursor.fetchall() == [
                ("day", "2026-01-31", 1),
                ("day", "2026-02-01", 1),
                ("day", "2026-12-31", 1),
                ("month", "2026-01-01", 1),
                ("month", "2026-02-01", 1),
                ("month", "2026-12-01", 1),
                ("quarter", "2026-01-01", 2),
                ("quarter", "2026-10-01", 1),
                ("year", "2026-01-01", 3),
            ]

    def test_one_statement_for_a_batch_nets_its_changes(self, city, themes, listener):
        accept_many([conversation(listener, heard("need", themes["rent"])) for _ in range(100)])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM rollups_delta")
            # any/need x (no theme, rent, housing) in one place on one day, once: not once per conversation or table.
            assert cursor.fetchone() == (6,)


@pytest.mark.django_db
class TestUpkeep:
    """Every path that changes records, also those that go round the application."""

    @pytest.fixture
    def stored(self, city, themes, listener):
        first = conversation(listener, heard("need", themes["rent"]), heard("asset"), area=1)
        accept_many([first, conversation(listener, heard("need", themes["mobility"]), area=2)])
        return Conversation.objects.get(pk=first.id)

    def test_amendments(self, stored, city, themes, listener):
        keep = stored.findings.first()
        amended = conversation(
            listener,
            heard("challenge", themes["health"]),
            replace(heard("proposal"), id=keep.pk),
            area=7,
            id=stored.pk,
        )
        amend(stored, amended, by=listener)
        assert (city.area(1).pk, 0, "any") not in cells()
        assert cells()[city.area(7).pk, themes["health"].pk, "challenge"] == (1, 1)
        assert_cells_equal_records()

    def test_deletion(self, stored, city, listener):
        delete(stored, by=listener)
        assert (city.area(1).pk, 0, "any") not in cells()
        assert_cells_equal_records()

    @pytest.mark.parametrize("merge_first", [False, True])
    def test_bulk_changes_past_the_application(self, stored, city, themes, merge_first):
        if merge_first:
            merge_deltas()
        Conversation.objects.update(district=city.area(3), occurred_on=F("occurred_on") + dt.timedelta(days=40))
        assert_cells_equal_records()
        Finding.objects.filter(kind="need").update(kind="thanks", place="district", district=city.area(8))
        assert_cells_equal_records()
        FindingTheme.objects.filter(theme=themes["rent"]).update(theme=themes["health"])
        assert_cells_equal_records()
        FindingTheme.objects.bulk_create(
            FindingTheme(finding=finding, theme=themes["repairs"]) for finding in Finding.objects.all()
        )
        assert_cells_equal_records()
        Finding.objects.filter(kind="thanks").delete()
        assert_cells_equal_records()
        Conversation.objects.all().delete()
        assert cells() == cells(role="subject") == {}

    def test_a_theme_moves_below_another(self, stored, city, themes):
        Theme.objects.filter(code="rent").update(parent=themes["health"])
        assert cells()[city.area(1).pk, themes["health"].pk, "need"] == (1, 1)
        assert (city.area(1).pk, themes["housing"].pk, "need") not in cells()
        assert_cells_equal_records()

    def test_a_merge_changes_no_count_and_empties_the_log(self, stored):
        before = {grain: cells(grain) for grain in ("day", "month", "quarter", "year")}
        assert merge_deltas() > 0
        assert {grain: cells(grain) for grain in before} == before
        assert merge_deltas() == 0

    def test_a_wrong_cell_is_found_and_mended(self, stored):
        merge_deltas()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE rollups_cell SET conversations = conversations + 1 WHERE grain = 'year' AND kind = 'any'"
            )
            cursor.execute("DELETE FROM rollups_cell WHERE grain = 'day'")
        wrong = differences()
        assert {row[1] for row in wrong} == {"year", "day"}
        repair()
        assert_cells_equal_records()
        # The tallies were written anew as well: the next change is counted from the right place.
        Conversation.objects.all().delete()
        assert cells() == {}


@pytest.mark.django_db(transaction=True)
class TestCommands:
    def test_reconcile_tells_and_repairs(self, city, listener, capsys):
        from django.core.management import CommandError, call_command

        accept(conversation(listener, heard("need")), by=listener)
        call_command("merge_rollups")
        assert "merged 2 changes" in capsys.readouterr().out
        call_command("reconcile_rollups")
        assert "cells = records" in capsys.readouterr().out
        with connection.cursor() as cursor:
            cursor.execute("UPDATE rollups_cell SET mentions = 7")
        assert len(reconcile().differences) == 8
        with pytest.raises(CommandError, match="8 differences"):
            call_command("reconcile_rollups")
        call_command("reconcile_rollups", "--repair")
        call_command("reconcile_rollups")
        assert "cells = records" in capsys.readouterr().out


class TestAnyHistory(TestCase):
    """Random histories: the cells equal an independent count in Python, and the recount in SQL."""

    @classmethod
    def setUpTestData(cls):
        cls.city = build_city()
        cls.listeners = [person(name, "listener") for name in ("anna", "bruno")]
        cls.listener = cls.listeners[0]
        cls.sessions = [Session.objects.create(kind="walk", convener=cls.listener, started_at=NOON) for _ in range(2)]
        parent = Theme.objects.create(code="housing")
        cls.themes = [parent, Theme.objects.create(code="rent", parent=parent), Theme.objects.create(code="mobility")]

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 2**32), steps=st.integers(1, 25))
    def test_cells_equal_records(self, seed, steps):
        draw = random.Random(seed)
        for _ in range(steps):
            self.step(draw)
        assert cells() == self.counted_in_python("encounter")
        assert cells(role="subject") == self.counted_in_python("subject")
        assert_cells_equal_records()
        merge_deltas()
        assert sums() == self.summed_in_python()
        assert_cells_equal_records()

    def step(self, draw):
        stored = list(Conversation.objects.order_by("id"))
        match draw.choice(
            [
                "new",
                "new",
                "batch",
                "amend",
                "delete",
                "exclude",
                "move",
                "wander",
                "retheme",
                "shield",
                "worsen",
                "gather",
                "merge",
            ]
        ):
            case "new":
                accept(self.submission(draw), by=self.listener)
            case "batch":
                accept_many([self.submission(draw) for _ in range(draw.randrange(4))])
            case "amend" if stored:
                one = draw.choice(stored)
                amend(one, replace(self.submission(draw), id=one.pk, listener_id=one.listener_id), by=self.listener)
            case "delete" if stored:
                delete(draw.choice(stored), by=self.listener)
            case "exclude" if stored:
                Conversation.objects.filter(pk=draw.choice(stored).pk).update(is_test=draw.random() < 0.5)
            case "move":
                Conversation.objects.filter(place="point").update(district=self.city.area(draw.randrange(1, 10)))
            case "wander" if stored:
                Conversation.objects.filter(pk=draw.choice(stored).pk, place="point").update(
                    location=Point(*inside(draw.randrange(1, 10), draw.random(), draw.random()), srid=4326)
                )
            case "shield":
                Theme.objects.filter(pk=draw.choice(self.themes).pk).update(sensitivity=draw.choice(SENSITIVITIES))
            case "retheme":
                Theme.objects.filter(code="rent").update(parent=draw.choice([None, self.themes[0], self.themes[2]]))
            case "worsen":
                Finding.objects.filter(kind="need").update(severity=draw.choice([None, 3, 4, 5]))
            case "gather" if stored:
                Conversation.objects.filter(pk=draw.choice(stored).pk).update(
                    session=draw.choice([None, *self.sessions]), listener=draw.choice(self.listeners)
                )
            case "merge":
                merge_deltas()

    def submission(self, draw):
        subject = draw.choice([Place("none"), Place("district", district_id=self.city.area(draw.randrange(1, 10)).pk)])
        return conversation(
            self.listener,
            *(
                heard(draw.choice(["need", "asset"]), *draw.sample(self.themes, draw.randrange(3)), place=subject)
                for _ in range(draw.randrange(4))
            ),
            area=draw.randrange(1, 10),
            session_id=draw.choice([None, *(one.pk for one in self.sessions)]),
            is_test=draw.random() < 0.1,
        )

    def summed_in_python(self):
        occasions, severe = defaultdict(Counter), Counter()
        for one in Conversation.objects.counted().prefetch_related("findings__themes"):
            keys, bad = {(one.district_id or 0, 0, "any")}, set()
            for finding in one.findings.all():
                listed = {0} | {t.pk for t in finding.themes.all()} | {t.parent_id for t in finding.themes.all()}
                found = {(one.district_id or 0, theme, k) for theme in listed - {None} for k in ("any", finding.kind)}
                keys |= found
                bad |= found if (finding.severity or 0) >= 4 else set()
            severe.update(bad)
            occasions[one.session_id or one.listener_id, one.district_id, one.occurred_on].update(keys)
        found = defaultdict(lambda: [0, 0, 0])
        for counts in occasions.values():
            size = next(counts[key] for key in counts if key[1:] == (0, "any"))
            for key, count in counts.items():
                found[key] = [a + b for a, b in zip(found[key], (1, count**2, count * size), strict=True)]
        return {key: (severe[key], *three) for key, three in found.items()}

    def counted_in_python(self, role):
        conversations, mentions = Counter(), Counter()
        for one in Conversation.objects.counted().prefetch_related("findings__themes"):
            if role == "encounter":
                conversations[one.district_id or 0, 0, "any"] += 1
            keys = []
            for finding in one.findings.all():
                place = (one.district_id or 0) if role == "encounter" else finding.district_id
                if place is None:
                    continue
                listed = {0} | {t.pk for t in finding.themes.all()} | {t.parent_id for t in finding.themes.all()}
                keys += [(place, theme, kind) for theme in listed - {None} for kind in ("any", finding.kind)]
            mentions.update(keys)
            conversations.update(set(keys) - {(one.district_id or 0, 0, "any")} if role == "encounter" else set(keys))
        return {key: (count, mentions[key]) for key, count in conversations.items()}
