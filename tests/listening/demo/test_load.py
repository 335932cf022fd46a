"""The demonstration: the same everywhere, harmless twice, and never where a city works."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import override_settings

from districts.models import BoundaryEdition, District, ReferenceMargin
from listening.capture.envelope import city_envelope
from listening.capture.rules import mistakes
from listening.demo.checks import no_demo_people
from listening.demo.conversations import invent
from listening.demo.load import load_demo, read_stage
from listening.demo.people import PASSWORD, PEOPLE, make_people
from listening.fieldwork.models import Session, User, Venue
from listening.needmaps.build import build_need_map, parse_query
from listening.needmaps.representation import represent
from listening.records.models import Conversation, Finding
from tests.listening.rollups.recount import differences
from tests.people import EVERYTHING

UNTIL = dt.date(2026, 6, 1)
NUMBER = 600
pytestmark = pytest.mark.django_db


def quiet(_: str) -> None: ...


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def fingerprint() -> list[str]:
    """What was invented, without what the database numbers itself."""
    return sorted(
        map(
            str,
        Conversation.objects.values_list(
            "id", "occurred_at", "channel", "language", "people_count", "summary", "listener__username",
            "venue__code", "district__code", "findings__text", "findings__themes__code",
        ))
    )  # fmt: skip


def test_it_works(demo, django_assert_max_num_queries):
    load_demo(conversations=NUMBER, until=UNTIL, tell=quiet)
    assert Conversation.objects.count() == NUMBER
    sizes = District.objects.values_list("edition__layer__code").annotate(Count("pk"))
    assert dict(sizes) == {
        "area-statistica": 90, "zona": 18, "zona-prossimita": 25, "quartiere": 6, "comune": 1,
    }  # fmt: skip
    assert Venue.objects.filter(kind="library").count() == 18
    assert ReferenceMargin.objects.count() == 18 * 4
    assert not BoundaryEdition.objects.filter(is_schematic=False).exists()
    assert {user.username for user in User.objects.all()} == set(PEOPLE)
    assert differences() == []


def test_it_looks_like_listening(demo):
    load_demo(conversations=NUMBER, until=UNTIL, tell=quiet)
    days = Conversation.objects.values_list("occurred_on", flat=True)
    assert min(days) >= UNTIL - dt.timedelta(days=3 * 366)
    assert max(days) < UNTIL
    assert Session.objects.count() > NUMBER / 30
    # Some were held outside every district, and some nowhere in particular.
    assert Conversation.objects.filter(place="point", district=None).exists()
    assert Conversation.objects.filter(place="none").exists()
    # Free text first: some findings have no theme yet.
    assert Finding.objects.filter(themes=None).exists()
    assert Finding.objects.filter(themes__isnull=False).exists()
    languages = Counter(Conversation.objects.values_list("language", flat=True))
    assert languages.most_common(1)[0][0] == "it"
    assert len(languages) > 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_invented_that_capture_refuses(demo, seed):
    load_demo(conversations=1, until=UNTIL, tell=quiet)
    invented = list(invent(read_stage(), conversations=10_000, seed=seed, until=UNTIL).conversations)
    envelope = city_envelope()
    wrong = [each for told in invented for each in mistakes(told, received_at=told.received_at, envelope=envelope)]
    assert wrong == []


def test_who_was_listened_to_can_be_told(demo):
    """Else there is nothing to see of it: enough bands are noted, and residents are known."""
    load_demo(conversations=NUMBER, until=UNTIL, tell=quiet)
    query = parse_query({"layer": "quartiere", "period": "2025"}, EVERYTHING)
    city, quartieri = represent(query, query.period)
    assert len(quartieri) == 6
    told = {one.variable: one for one in city.variables}
    assert (told["age"].reason, told["citizenship"].reason, told["gender"].reason) == (None, None, "no-margins")
    # 52,964 of 391,393 are minors, 61,243 foreign citizens (Comune di Bologna, 2023).
    shares = {band.band: band.reference_share for one in city.variables for band in one.bands}
    assert (shares["0-17"], shares["foreign"]) == (pytest.approx(52_964 / 391_393), pytest.approx(61_243 / 391_393))


def test_needs_differ_from_place_to_place(demo):
    """Else there is nothing to see on a map."""
    load_demo(conversations=3000, until=UNTIL, tell=quiet)
    query = {"layer": "quartiere", "period": "2025-01-01/2025-12-31"}
    spreads = []
    for theme in ("housing", "mobility"):
        built = build_need_map(parse_query({**query, "theme": theme}, EVERYTHING))
        shares = np.array([need.share for need in built.districts if need.share is not None])
        assert len(shares) == 6
        spreads.append(shares.max() - shares.min())
    assert max(spreads) > 0.1


def test_twice_changes_nothing(demo):
    load_demo(conversations=60, until=UNTIL, tell=quiet)
    before = fingerprint()
    load_demo(conversations=90, until=UNTIL, tell=quiet)
    assert fingerprint() == before


def test_the_same_seed_gives_the_same_conversations(demo):
    load_demo(conversations=60, until=UNTIL, tell=quiet)
    first = fingerprint()
    Conversation.objects.all().delete()
    Session.objects.all().delete()
    load_demo(conversations=60, until=UNTIL, tell=quiet)
    assert fingerprint() == first
    Conversation.objects.all().delete()
    Session.objects.all().delete()
    load_demo(conversations=60, until=UNTIL, seed=2, tell=quiet)
    assert fingerprint() != first


class TestElsewhere:
    @pytest.fixture(autouse=True)
    def no_demo(self, settings):
        settings.DEMO = False

    def test_it_is_not_loaded(self):
        with pytest.raises(CommandError, match="LISTENING_DEMO"):
            call_command("load_demo")
        assert not User.objects.exists()

    def test_a_check_refuses_its_people(self):
        make_people()
        (error,) = no_demo_people(None, databases=["default"])
        assert error.id == "demo.E001"
        assert "listener" in error.msg
        with override_settings(DEMO=True):
            assert no_demo_people(None, databases=["default"]) == []

    def test_other_people_are_no_concern_of_it(self, listener):
        assert no_demo_people(None, databases=["default"]) == []

    def test_a_service_with_them_is_not_ready(self, client):
        """The check runs at migrate; a database that was restored later is met here."""
        assert client.get("/health/ready").status_code == 200
        make_people()
        assert client.get("/health/ready").status_code == 503


def test_what_a_visitor_can_do(demo, client):
    people = make_people()
    for name in ("listener", "coordinator", "planner", "steward", "admin"):
        assert people[name].scope.has(name)
        assert people[name].scope.reach(name).everywhere
    assert client.login(username="planner", password=PASSWORD)
    assert people["admin"].is_staff
    assert not people["coordinator"].is_staff
