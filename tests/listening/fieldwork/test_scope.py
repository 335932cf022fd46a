"""What an assignment reaches: districts of any layer, from one day to another, up to a clearance."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from backend import clock
from districts.models import BoundaryEdition, District
from listening.fieldwork.assignments import assign, end
from listening.fieldwork.models import Assignment, User
from listening.fieldwork.roles import Role
from listening.fieldwork.scope import Grant, Reach, Scope, read_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada")


def reached(person: User, city, role=Role.COORDINATOR) -> set[str]:
    """Codes of the areas that a person reaches today, read anew."""
    reach = read_scope(person.pk).reach(role)
    return {code for (layer, code), district in city.districts.items() if layer == "area" and reach.covers(district.pk)}


def test_it_works(ada, city):
    assign(ada, Role.COORDINATOR, within=city.districts["zona", "B"])
    assert reached(ada, city) == set("456")
    assert read_scope(ada.pk).has(Role.COORDINATOR)
    assert not read_scope(ada.pk).has(Role.LISTENER, Role.PLANNER)
    # What has no district is nobody's who has some.
    assert not read_scope(ada.pk).reach(Role.COORDINATOR).covers(None)


@pytest.mark.parametrize(
    ("district", "areas"),
    [
        (("area", "5"), "5"),
        (("zona", "A"), "123"),
        (("prossimita", "east"), "369"),
        (("quartiere", "10"), "123456789"),
    ],
)
def test_a_district_of_any_layer_covers_what_lies_in_it(ada, city, district, areas):
    assign(ada, Role.COORDINATOR, within=city.districts[district])
    assert reached(ada, city) == set(areas)
    assert read_scope(ada.pk).reach(Role.COORDINATOR).covers(city.districts[district].pk)


def test_a_part_does_not_cover_the_whole(ada, city):
    """A record that was placed in a zona as a whole is not a record of one of its areas."""
    assign(ada, Role.COORDINATOR, within=city.area(5))
    assert not read_scope(ada.pk).reach(Role.COORDINATOR).covers(city.districts["zona", "B"].pk)


def test_the_whole_city_covers_what_has_no_district(ada, city):
    assign(ada, Role.COORDINATOR)
    assert read_scope(ada.pk).reach(Role.COORDINATOR).covers(None)


def test_assignments_add_up(ada, city):
    assign(ada, Role.COORDINATOR, within=city.area(1), clearance="restricted")
    assign(ada, Role.COORDINATOR, within=city.area(9), clearance="internal")
    assign(ada, Role.LISTENER)
    assert reached(ada, city) == set("19")
    assert len(read_scope(ada.pk).of(Role.COORDINATOR)) == 2


def test_a_role_elsewhere_lends_nothing_here(ada, city):
    """Listening in the whole city is not coordinating in it."""
    assign(ada, Role.LISTENER)
    assign(ada, Role.COORDINATOR, within=city.area(1))
    assert reached(ada, city) == {"1"}


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [(0, None, True), (0, 0, True), (-9, 0, True), (1, None, False), (-9, -1, False)],
)
def test_an_assignment_holds_on_its_days(ada, city, first, last, holds):
    today = clock.today()
    days = {"first_day": today + dt.timedelta(first), "last_day": None if last is None else today + dt.timedelta(last)}
    assign(ada, Role.COORDINATOR, **days)
    assert read_scope(ada.pk).has(Role.COORDINATOR) is holds
    assert Assignment.objects.valid_on(today).exists() is holds


def test_the_day_is_the_citys(ada, city, settings, monkeypatch):
    """Half past midnight in Bologna is still yesterday in UTC, by which the database may run."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() AT TIME ZONE 'Europe/Rome')::date, districts_day()")
        rome, ours = cursor.fetchone()
    assert rome == ours == clock.today()


def test_whoever_is_not_active_may_nothing(ada):
    assign(ada, Role.ADMIN)
    ada.is_active = False
    ada.save()
    again = User.objects.get(pk=ada.pk)
    assert again.scope == Scope()
    assert not again.is_staff
    assert not again.has_perm("fieldwork.add_user")


def test_it_follows_the_code_into_a_new_edition(ada, city):
    assign(ada, Role.COORDINATOR, within=city.area(5))
    old = city.area(5).edition
    today = clock.today()
    BoundaryEdition.objects.filter(pk=old.pk).update(valid_to=today)
    new = BoundaryEdition.objects.create(
        layer=old.layer, code="second", status="active", valid_from=today, source="Drawn for tests", licence="CC0-1.0",
        checksum="second", imported_at=clock.now(),
    )  # fmt: skip
    assert not read_scope(ada.pk).reach(Role.COORDINATOR).districts  # no such district on the map of today: nowhere
    heir = city.area(5)
    heir.pk, heir.edition = None, new
    heir.save()
    assert read_scope(ada.pk).reach(Role.COORDINATOR) == Reach(districts=frozenset({heir.pk}))


def test_ending_is_at_the_end_of_the_day(ada, city):
    today = clock.today()
    assign(ada, Role.COORDINATOR, first_day=today - dt.timedelta(9))
    assign(ada, Role.PLANNER, first_day=today + dt.timedelta(9))
    assert end(ada, on=today - dt.timedelta(1)) == 2
    assert read_scope(ada.pk) == Scope()
    assert list(ada.assignments.values_list("role", "last_day")) == [("coordinator", today - dt.timedelta(1))]


def test_the_usual_clearance_is_that_of_the_role(ada):
    assert assign(ada, Role.COORDINATOR).clearance == "restricted"
    assert assign(ada, Role.PLANNER).clearance == "normal"


class TestWhatIsRefused:
    def test_a_district_that_is_not_there(self, ada, city):
        with pytest.raises(ValidationError, match="has no district '77' today"):
            Assignment(
                person=ada, role="planner", clearance="normal", layer=city.layers["area"], district_code="77"
            ).full_clean()

    def test_a_layer_without_a_district(self, ada, city):
        with pytest.raises(ValidationError, match="Name both"):
            Assignment(person=ada, role="planner", clearance="normal", layer=city.layers["area"]).full_clean()

    def test_a_district_without_a_layer_would_mean_the_whole_city(self, ada):
        with pytest.raises(IntegrityError, match="assignment_names_layer_and_district"), transaction.atomic():
            Assignment.objects.create(person=ada, role="planner", clearance="normal", district_code="5")

    def test_an_end_before_the_start(self, ada):
        with pytest.raises(ValidationError, match="assignment_ends_after_start"):
            assign(ada, Role.PLANNER, first_day=dt.date(2026, 2, 1), last_day=dt.date(2026, 1, 1))

    def test_twice_the_same(self, ada):
        assign(ada, Role.PLANNER)
        with pytest.raises(ValidationError):
            assign(ada, Role.PLANNER)


class TestClearance:
    @pytest.mark.parametrize(
        ("clearance", "hidden"),
        [("normal", ("restricted", "internal")), ("restricted", ("internal",)), ("internal", ())],
    )
    def test_what_is_beyond(self, clearance, hidden):
        assert Grant("planner", clearance, Reach(everywhere=True)).hidden_sensitivities == hidden

    def test_one_grant_is_enough(self):
        scope = Scope((Grant("planner", "normal", Reach()), Grant("planner", "internal", Reach())))
        assert scope.clears("internal", "planner")
        assert not scope.clears("internal", "coordinator")


def test_one_query(ada, city, django_assert_num_queries):
    for number in range(1, 10):
        assign(ada, Role.COORDINATOR, within=District.objects.get(pk=city.area(number).pk))
    with django_assert_num_queries(1):
        assert len(read_scope(ada.pk).reach(Role.COORDINATOR).districts) == 9
