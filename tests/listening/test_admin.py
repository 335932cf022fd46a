"""The administration: every page opens in a fixed number of queries, and nothing goes round a door of its own."""

import re

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from uuid6 import uuid7

from districts.models import BoundaryEdition, District, DistrictName, Layer, Population
from listening.capture.accept import accept
from listening.capture.submission import Band
from listening.codelists.models import Theme, ThemeLabel
from listening.fieldwork.api_keys import issue as issue_key
from listening.fieldwork.api_keys import make_account
from listening.fieldwork.assignments import assign
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import ApiKey, ApiToken, Device, Session, User, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue, resolve
from listening.records.models import Conversation
from listening.sync.models import Clash, Op
from tests.listening.fieldwork.phone import enrolled
from tests.listening.submissions import NOON, conversation, heard

OWN = list(admin.site._registry)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("ada", password="a-long-test-password")


@pytest.fixture
def browser(administrator: User) -> Client:
    """Of an administrator who also coordinates, so that every page has something to show."""
    assign(administrator, Role.COORDINATOR)
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def filled(city, themes, listener) -> None:
    """A row of each model."""
    issue(listener, label="report")
    enrolled(listener)
    issue_key(make_account("gateway"), scopes=[KeyScope.READ_REFERENCE])
    venue = Venue.objects.create(code="salaborsa", name="Salaborsa", kind=Venue.Kind.LIBRARY)
    Session.objects.create(kind="desk", venue=venue, started_at=NOON, convener=listener)
    for district in city.districts.values():
        DistrictName.objects.create(district=district, language="it", name=f"Alias {district.code}")
        Population.objects.create(district=district, year=2024, source="ISTAT", residents=1000)
    told = conversation(listener, heard("need", themes["rent"], text="Affitto"), bands=(Band("age", "65+", 1),))
    accept(told, by=listener)
    brought = Op.objects.create(id=uuid7(), person=listener, fingerprint=b"x", received_at=NOON, outcome={})
    Clash.objects.create(conversation_id=told.id, op=brought, field="summary", ours="a", theirs="b", at=NOON)


def address(model, page, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


class TestPages:
    def test_whom_it_is_for(self):
        assert {model.__name__ for model in OWN} == {
            "User", "ApiToken", "ApiKey", "Device", "Clash", "Venue", "Session", "Theme", "Conversation",
            "Layer", "BoundaryEdition", "District", "Entry",
        }  # fmt: skip

    @pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
    def test_list_and_row_open(self, browser, filled, model):
        assert browser.get(address(model, "changelist"), {"q": "a"}).status_code == 200
        for row in model._default_manager.all()[:2]:
            assert browser.get(address(model, "change", row.pk)).status_code == 200

    @pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
    def test_a_list_asks_nothing_per_row(self, browser, filled, model, django_assert_max_num_queries):
        with django_assert_max_num_queries(10):
            browser.get(address(model, "changelist"))

    @pytest.mark.parametrize("name", ["coordinator", "planner", "listener"])
    def test_closed_to_everybody_else(self, request, name):
        client = Client()
        client.force_login(request.getfixturevalue(name))
        assert client.get("/admin/")["Location"].startswith("/admin/login/")

    def test_no_page_needs_anything_from_elsewhere(self, browser, filled):
        """A map widget would load its tiles and scripts from other hosts, which the policy of our pages refuses."""
        for model in (Venue, District, Conversation):
            row = model._default_manager.first()
            page = browser.get(address(model, "change", row.pk)).content.decode()
            assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


class TestDoors:
    """What has a door of its own is only shown here."""

    @pytest.mark.parametrize(
        "model", [Conversation, BoundaryEdition, ApiToken, ApiKey, Device, Clash], ids=lambda model: model.__name__
    )
    def test_nothing_is_made_changed_or_deleted(self, browser, filled, model):
        row = model._default_manager.first()
        assert browser.get(address(model, "add")).status_code == 403
        assert browser.post(address(model, "change", row.pk), {}).status_code == 403
        assert browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        browser.post(
            address(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        )
        assert model._default_manager.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("model", [Theme, Layer, District], ids=lambda model: model.__name__)
    def test_what_records_refer_to_stays(self, browser, filled, model):
        row = model._default_manager.first()
        assert browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403

    def test_the_flags_follow_the_assignments(self, filled, coordinator):
        """Who may do what is decided in one place, also here."""
        assert (coordinator.is_staff, coordinator.is_superuser) == (False, False)
        with pytest.raises(AttributeError):
            coordinator.is_superuser = True

    def test_who_administers_alone_reads_no_records(self, client, administrator, filled):
        browser = client
        browser.force_login(administrator)
        row = Conversation.objects.get()
        assert "0 conversations" in browser.get(address(Conversation, "changelist")).content.decode()
        assert browser.get(address(Conversation, "change", row.pk)).status_code == 302
        assign(administrator, Role.COORDINATOR)
        assert browser.get(address(Conversation, "change", row.pk)).status_code == 200

    def test_the_command_of_django_makes_an_administrator(self, db):
        call_command("createsuperuser", "--noinput", username="pia", email="pia@example.org")
        pia = User.objects.get(username="pia")
        assert (pia.scope.has(Role.ADMIN), pia.is_staff, pia.is_superuser) == (True, True, True)

    def test_the_secret_of_a_token_is_nowhere(self, browser, filled):
        secrets = [ApiToken.objects.get().digest, ApiKey.objects.get().digest, Device.objects.get().token_digest]
        for row in (ApiToken.objects.get(), ApiKey.objects.get(), Device.objects.get()):
            for page in (address(type(row), "changelist"), address(type(row), "change", row.pk)):
                shown = browser.get(page).content.decode()
                assert not [secret for secret in secrets if secret in shown]


class TestTokens:
    def test_revoke(self, browser, listener):
        secret, other = issue(listener), issue(listener)
        revoked = ApiToken.objects.earliest("id")
        browser.post(address(ApiToken, "changelist"), {"action": "revoke", "_selected_action": [revoked.pk]})
        assert resolve(secret) is None
        assert resolve(other) == listener


class TestPhonesAndKeys:
    def act(self, browser, row, action):
        browser.post(address(type(row), "changelist"), {"action": action, "_selected_action": [row.pk]})
        row.refresh_from_db()
        return row

    def test_revoke_a_key(self, browser, filled):
        assert self.act(browser, ApiKey.objects.get(), "revoke").revoked_at

    def test_revoke_a_phone(self, browser, filled, administrator):
        device = self.act(browser, Device.objects.get(), "revoke")
        assert (device.revoked_by, device.wipe_asked_at) == (administrator, None)
        assert device.revoked_at

    def test_revoke_and_forget(self, browser, filled):
        assert self.act(browser, Device.objects.get(), "revoke_and_forget").wipe_asked_at

    def test_a_machine_gets_no_password(self, browser, filled):
        machine = User.objects.get(username="gateway")
        browser.post(address(User, "changelist"), {"action": "invite", "_selected_action": [machine.pk]})
        assert not machine.invitations.exists()


class TestPeople:
    def form(self, **line):
        """The page of a new person, with one assignment."""
        return {
            "username": "elena", "assignments-TOTAL_FORMS": "1", "assignments-INITIAL_FORMS": "0",
            **{f"assignments-0-{name}": value for name, value in line.items()},
        }  # fmt: skip

    def test_add_one_with_an_assignment(self, browser, city):
        line = {"layer": city.layers["quartiere"].pk, "district_code": "10", "first_day": "2026-01-01"}
        form = self.form(role="coordinator", clearance="restricted", **line)
        answer = browser.post(address(User, "add"), form)
        elena = User.objects.get(username="elena")
        # The password is theirs to choose: the page shows a link for them, this once.
        assert "/invitation/" in answer.content.decode()
        assert not elena.has_usable_password()
        assert elena.scope.reach(Role.COORDINATOR).covers(city.area(5).pk)
        assert not elena.is_staff

    def test_a_district_that_is_not_there_is_refused(self, browser, city):
        line = {"layer": city.layers["quartiere"].pk, "district_code": "11", "first_day": "2026-01-01"}
        answer = browser.post(address(User, "add"), self.form(role="coordinator", clearance="restricted", **line))
        assert "quartiere has no district &#x27;11&#x27; today" in answer.content.decode()
        assert not User.objects.filter(username="elena").exists()


class TestVenues:
    def form(self, **members):
        return {"code": "ruffilli", "name": "Ruffilli", "kind": "library", "longitude": "", "latitude": "", **members}

    def test_a_point_from_two_numbers(self, browser):
        browser.post(address(Venue, "add"), self.form(longitude="11.35", latitude="44.49"))
        venue = Venue.objects.get()
        assert (venue.location.x, venue.location.y, venue.location.srid) == (11.35, 44.49, 4326)
        page = browser.get(address(Venue, "change", venue.pk)).content.decode()
        assert 'value="11.35"' in page

    def test_none_is_legal_and_half_is_not(self, browser):
        browser.post(address(Venue, "add"), self.form())
        assert Venue.objects.get().location is None
        answer = browser.post(address(Venue, "add"), self.form(code="b", longitude="11.35"))
        assert b"Give both longitude and latitude" in answer.content
        assert Venue.objects.count() == 1

    @pytest.mark.parametrize("longitude", ["181", "nan", "inf", "east"])
    def test_what_is_no_longitude(self, browser, longitude):
        answer = browser.post(address(Venue, "add"), self.form(longitude=longitude, latitude="44"))
        assert answer.status_code == 200
        assert not Venue.objects.exists()


class TestThemes:
    def form(self, theme, **members):
        labels = {"labels-TOTAL_FORMS": "1", "labels-INITIAL_FORMS": "0", "labels-MIN_NUM_FORMS": "1"}
        labels |= {"labels-0-language": "fr", "labels-0-label": "Logement"}
        return {
            "code": theme.code, "parent": theme.parent_id or "", "sensitivity": theme.sensitivity, "position": "9",
            **labels, **members,
        }  # fmt: skip

    def test_relabel_and_move(self, browser, themes):
        rent = themes["rent"]
        rent.labels.all().delete()
        sent = browser.post(address(Theme, "change", rent.pk), self.form(rent, parent=themes["mobility"].pk))
        assert sent.status_code == 302
        rent.refresh_from_db()
        assert rent.parent == themes["mobility"]
        assert ThemeLabel.objects.get(theme=rent).label == "Logement"

    @pytest.mark.parametrize(("theme", "parent"), [("mobility", "rent"), ("housing", "mobility")])
    def test_never_three_levels(self, browser, themes, theme, parent):
        sent = browser.post(
            address(Theme, "change", themes[theme].pk), self.form(themes[theme], parent=themes[parent].pk)
        )
        assert b"two levels deep" in sent.content
        themes[theme].refresh_from_db()
        assert themes[theme].parent is None

    def test_the_code_stays(self, browser, themes):
        themes["rent"].labels.all().delete()
        browser.post(address(Theme, "change", themes["rent"].pk), self.form(themes["rent"], code="other"))
        assert Theme.objects.filter(code="rent").exists()


class TestDistricts:
    def test_an_alias_is_found_in_any_spelling(self, city):
        name = DistrictName.objects.create(district=city.area(1), language="it", name="Sant'Órsola – Càrrara")
        assert name.normalised == "s orsola carrara"

    def test_boundaries_are_not_edited(self, browser, city):
        area = city.area(1)
        page = browser.get(address(District, "change", area.pk)).content
        assert b'name="geometry"' not in page
        assert b'name="code"' not in page
