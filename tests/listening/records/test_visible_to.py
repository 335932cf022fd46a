"""Who reads which records: by role, by district, by clearance, and from one request to the next."""

import pytest
from django.db.models import QuerySet

from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.models import User
from listening.fieldwork.roles import Role
from listening.records.models import Conversation, Finding, Tombstone
from listening.records.querysets import sensitivity_of
from tests.listening.submissions import conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(city, themes, listener, other_listener) -> dict[str, Conversation]:
    """Conversations by summary: one in area 5, others that differ from it in one way each."""
    zona = Place("district", district_id=city.districts["zona", "B"].pk)
    violence = Theme.objects.create(code="violence", parent=themes["housing"], sensitivity="internal")
    rent, health = themes["rent"], themes["health"]
    accept_many(
        [
            conversation(listener, heard("need", rent), summary="here"),
            conversation(listener, heard("need", rent), summary="elsewhere", area=9),
            conversation(listener, heard("need", rent), summary="nowhere", place=Place("none")),
            conversation(listener, heard("need", rent), summary="in the zona", place=zona),
            conversation(other_listener, heard("need", rent), summary="of another"),
            conversation(listener, heard("need"), summary="without theme"),
            conversation(listener, summary="without finding"),
            conversation(listener, heard("need", rent), heard("need", health), summary="restricted"),
            conversation(listener, heard("need", rent, violence), summary="internal"),
            conversation(listener, heard("need", rent), summary="test", is_test=True),
            conversation(listener, heard("need", rent), summary="not counted", may_be_counted=False),
        ]
    )  # fmt: skip
    return {conversation.summary: conversation for conversation in Conversation.objects.all()}


def seen(records: QuerySet, user: User, path: str = "summary") -> set[str]:
    return set(records.visible_to(User.objects.get(pk=user.pk)).values_list(path, flat=True))


def findings(user: User) -> set[str]:
    return seen(Finding.objects, user, "conversation__summary")


PLAIN = {"here", "of another", "without theme", "without finding", "test", "not counted"}
ALL = {*PLAIN, "elsewhere", "nowhere", "in the zona", "restricted", "internal"}


class TestConversations:
    def test_listeners_read_their_own_whatever_was_said(self, told, listener, other_listener):
        assert seen(Conversation.objects, listener) == ALL - {"of another"}
        assert seen(Conversation.objects, other_listener) == {"of another"}

    @pytest.mark.parametrize(
        ("clearance", "more"),
        [("normal", set()), ("restricted", {"restricted"}), ("internal", {"restricted", "internal"})],
    )
    def test_coordinators_read_their_districts_up_to_their_clearance(self, told, city, clearance, more):
        carla = person("carla", Role.COORDINATOR, within=city.area(5), clearance=clearance)
        assert seen(Conversation.objects, carla) == PLAIN | more

    def test_a_larger_district_holds_its_parts_and_what_was_placed_in_it(self, told, city):
        carla = person("carla", Role.COORDINATOR, within=city.districts["zona", "B"])
        assert seen(Conversation.objects, carla) == PLAIN | {"in the zona", "restricted", "internal"}

    def test_the_whole_city_holds_what_has_no_district(self, told, coordinator):
        assert seen(Conversation.objects, coordinator) == ALL

    def test_grants_do_not_lend_each_other_their_clearance(self, told, city):
        """Cleared in one district, and not in another: the clearance stays where it was given."""
        carla = person("carla", Role.COORDINATOR, within=city.area(9), clearance="internal")
        for assignment in person("model", Role.COORDINATOR, within=city.area(5), clearance="normal").assignments.all():
            assignment.pk, assignment.person = None, carla
            assignment.save()
        assert seen(Conversation.objects, carla) == PLAIN | {"elsewhere"}

    @pytest.mark.parametrize("role", [Role.PLANNER, Role.STEWARD, Role.ADMIN, Role.MACHINE_READER, Role.MACHINE_WRITER])
    def test_nobody_else_reads_any(self, told, role):
        assert seen(Conversation.objects, person("dario", role)) == set()

    def test_whoever_has_no_assignment_reads_not_even_their_own(self, told, listener):
        listener.assignments.all().delete()
        assert seen(Conversation.objects, listener) == set()

    def test_moved_to_another_district_the_old_one_is_lost_at_the_next_request(self, told, city, client):
        from listening.fieldwork.tokens import issue

        carla = person("carla", Role.COORDINATOR, within=city.area(5))
        bearer = {"Authorization": f"Bearer {issue(carla)}"}
        before = client.get("/api/v1/conversations", headers=bearer).json()["conversations"]
        carla.assignments.update(district_code="9")
        after = client.get("/api/v1/conversations", headers=bearer).json()["conversations"]
        assert ({c["summary"] for c in before}, {c["summary"] for c in after}) == (
            PLAIN | {"restricted", "internal"}, {"elsewhere"},
        )  # fmt: skip
        hidden = client.get(f"/api/v1/conversations/{told['here'].pk}", headers=bearer)
        assert hidden.status_code == 404

    def test_a_theme_that_becomes_sensitive_hides_at_once(self, told, themes, city):
        carla = person("carla", Role.COORDINATOR, within=city.area(5), clearance="normal")
        Theme.objects.filter(code="housing").update(sensitivity="restricted")  # the parent of rent
        assert seen(Conversation.objects, carla) == {"without theme", "without finding"}


class TestFindings:
    def test_planners_read_what_was_classified_and_counts(self, told, city):
        dario = person("dario", Role.PLANNER, within=city.area(5), clearance="normal")
        assert findings(dario) == {"here", "of another", "restricted"}
        # Of the restricted conversation, the finding on rent and not the one on health.
        assert Finding.objects.visible_to(dario).filter(conversation=told["restricted"]).count() == 1

    @pytest.mark.parametrize(("clearance", "number"), [("normal", 3), ("restricted", 4), ("internal", 5)])
    def test_up_to_their_clearance(self, told, city, clearance, number):
        dario = person("dario", Role.PLANNER, within=city.area(5), clearance=clearance)
        assert Finding.objects.visible_to(dario).count() == number

    def test_others_read_those_of_their_conversations(self, told, listener, coordinator):
        assert findings(listener) == ALL - {"of another", "without finding"}
        assert findings(coordinator) == ALL - {"without finding"}
        assert findings(person("stella", Role.STEWARD)) == set()


class TestTombstones:
    @pytest.mark.parametrize(
        ("summary", "clearance", "is_seen"),
        [
            ("here", "normal", True), ("elsewhere", "internal", False), ("restricted", "normal", False),
            ("restricted", "restricted", True), ("internal", "restricted", False), ("nowhere", "internal", False),
        ],
    )  # fmt: skip
    def test_who_could_read_it_may_know_that_it_is_gone(self, told, city, coordinator, summary, clearance, is_seen):
        delete(told[summary], by=coordinator)
        carla = person("carla-of-5", Role.COORDINATOR, within=city.area(5), clearance=clearance)
        assert Tombstone.objects.visible_to(carla).exists() is is_seen
        assert Tombstone.objects.visible_to(told[summary].listener).exists()
        assert Tombstone.objects.visible_to(coordinator).exists()
        assert not Tombstone.objects.visible_to(person("dario", Role.PLANNER)).exists()

    @pytest.mark.parametrize(
        ("summary", "sensitivity"),
        [("here", "normal"), ("without theme", "normal"), ("restricted", "restricted"), ("internal", "internal")],
    )
    def test_it_keeps_the_highest_sensitivity(self, told, summary, sensitivity):
        assert sensitivity_of(told[summary]) == sensitivity

    def test_of_somebody_elses_id_nobody_learns_more_than_that_it_is_taken(
        self, told, other_listener, coordinator, client_of
    ):
        """Stored or deleted: to who may not read it, both answers are the same."""
        from tests.listening.submissions import document

        def posted(pk) -> tuple[int, str]:
            answer = client_of(other_listener).post("/api/v1/conversations", document(id=str(pk)), format="json")
            return answer.status_code, answer.json()["type"]

        pk = told["elsewhere"].pk
        stored = posted(pk)
        delete(told["elsewhere"], by=coordinator)
        assert stored == posted(pk)
        assert stored[0] == 409


def test_a_page_is_a_fixed_number_of_queries(told, city, client_of, django_assert_num_queries):
    carla = person("carla", Role.COORDINATOR, within=city.area(5), clearance="restricted")
    desk = client_of(carla)
    desk.get("/api/v1/conversations")
    for limit in (1, 100):
        with django_assert_num_queries(3):  # keys, entry in the audit, documents
            desk.get("/api/v1/conversations", {"limit": limit})
