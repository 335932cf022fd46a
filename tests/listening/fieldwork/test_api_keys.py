"""Keys of machines: for what they are for, from where they may come, until they are over."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from ipaddress import ip_network

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from uuid6 import uuid7

from listening.fieldwork.api_keys import issue, make_account
from listening.fieldwork.assignments import assign
from listening.fieldwork.authentication import BearerAuthentication
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import ApiKey, User
from listening.fieldwork.roles import Role
from tests.listening.fieldwork.phone import VENUES

NEED_MAP, CONVERSATIONS = "/api/v1/need-map", "/api/v1/conversations"


@pytest.fixture
def machine(db) -> User:
    """A machine with both roles: what it is refused, it is refused by its key."""
    account = make_account("dashboard-of-the-region")
    assign(account, Role.MACHINE_READER)
    assign(account, Role.MACHINE_WRITER)
    return account


def ask(key: str, path: str = VENUES, method: str = "GET", **extra):
    return Client().generic(
        method, path, "{}", content_type="application/json", headers={"Authorization": f"Bearer {key}"}, **extra
    )


def test_it_works(machine):
    key = issue(machine, scopes=[KeyScope.READ_REFERENCE])
    assert key.startswith("nlk_")
    assert ask(key).status_code == 200


def test_the_database_does_not_hold_it(machine, caplog):
    key = issue(machine, scopes=[KeyScope.READ_REFERENCE])
    with caplog.at_level(0):
        ask(key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM fieldwork_apikey k")
        (row,) = cursor.fetchone()
    assert key.removeprefix("nlk_") not in row
    assert key not in " ".join(str(record.__dict__) for record in caplog.records)


# What each scope opens. An operation that is not here is closed to every key, also one that is made tomorrow.
OPENED = {
    ("GET", "api/v1/venues"): KeyScope.READ_REFERENCE,
    ("GET", "api/v1/need-map"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/need-map/trend"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/need-map/clusters"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/need-map/cells"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/need-map/cells/columns"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/need-map/hexagons"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/tiles/density"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/tiles/density/<str:z>/<str:x>/<str:y>.mvt"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/themes/top"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/districts/<int:pk>/profile"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/coverage"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/coverage/next"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/coverage/representation"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/coverage/weights"): KeyScope.READ_NEED_MAPS,
    ("GET", "api/v1/findings"): KeyScope.READ_FINDINGS,
    ("POST", "api/v1/conversations"): KeyScope.WRITE_CONVERSATIONS,
    ("PATCH", "api/v1/conversations/<uuid:pk>"): KeyScope.WRITE_CONVERSATIONS,
    ("DELETE", "api/v1/conversations/<uuid:pk>"): KeyScope.WRITE_CONVERSATIONS,
    ("PATCH", "api/v1/findings/<uuid:pk>"): KeyScope.WRITE_CONVERSATIONS,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def operations(patterns=None, prefix=""):
    """(method, route) of every view of the API that asks who is there."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from operations(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if view is not None and BearerAuthentication in view.authentication_classes:
                yield from ((method, route) for method in METHODS if hasattr(view, method.lower()))


OPERATIONS = sorted(operations())


def address_of(route: str) -> str:
    return "/" + route.replace("<uuid:pk>", str(uuid7())).replace("<int:pk>", "1").replace("<str:", "<")


def test_every_operation_that_is_opened_exists():
    assert len(OPERATIONS) > 15
    assert set(OPENED) <= set(OPERATIONS)


@pytest.mark.parametrize(("method", "route"), OPERATIONS, ids=lambda value: value)
def test_a_key_opens_what_it_is_for_and_nothing_else(machine, method, route):
    """Refused by the key is told apart from refused by the role: `insufficient-scope`, against `forbidden`."""
    asked = OPENED.get((method, route))
    path = address_of(route)
    for scope in KeyScope:
        answer = ask(issue(machine, scopes=[scope]), path, method)
        is_refused = answer.status_code == 403 and answer.json()["type"] == "/problems/insufficient-scope"
        assert is_refused == (scope != asked), (scope, answer.content)
        if is_refused:
            assert answer.json()["scope"] == asked
            challenge = answer["WWW-Authenticate"]
            assert 'error="insufficient_scope"' in challenge
            assert (f'scope="{asked}"' in challenge) == (asked is not None)


def test_a_key_that_is_for_all_does_not_open_what_says_nothing(machine):
    everything = issue(machine, scopes=list(KeyScope))
    for method, route in set(OPERATIONS) - set(OPENED):
        answer = ask(everything, address_of(route), method)
        assert answer.status_code == 403, (method, route)
        assert answer.json()["type"] == "/problems/insufficient-scope"


@pytest.mark.parametrize(
    ("role", "reads_maps", "logs"),
    [(Role.MACHINE_READER, 200, 403), (Role.MACHINE_WRITER, 403, 400), (None, 403, 403)],
)
def test_the_role_is_asked_as_well(city, themes, role, reads_maps, logs):
    account = make_account("machine")
    if role:
        assign(account, role)
    everything = issue(account, scopes=list(KeyScope))
    assert ask(everything, f"{NEED_MAP}?geometry=none").status_code == reads_maps
    assert ask(everything, CONVERSATIONS, "POST").status_code == logs


@pytest.mark.parametrize("change", ["expired", "revoked", "inactive", "elsewhere", "unknown", "other prefix"])
def test_one_that_is_over_looks_as_an_unknown_one(machine, change):
    key = issue(machine, scopes=[KeyScope.READ_REFERENCE])
    assert ask(key).status_code == 200
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    match change:
        case "expired":
            ApiKey.objects.update(expires_at=past)
        case "revoked":
            ApiKey.objects.update(revoked_at=past)
        case "inactive":
            machine.is_active = False
            machine.save()
        case "elsewhere":
            ApiKey.objects.update(networks=["192.0.2.0/24"])
        case "unknown":
            key = key[:-3] + "AAA"
        case "other prefix":
            key = "nlt_" + key.removeprefix("nlk_")
    answer = ask(key)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The token is unknown, expired or revoked."
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


class TestNetworks:
    @pytest.fixture
    def key(self, machine) -> str:
        return issue(
            machine,
            scopes=[KeyScope.READ_REFERENCE],
            networks=[ip_network("192.0.2.0/24"), ip_network("2001:db8::/48")],
        )

    @pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.255", "2001:db8:0:1::1", "::ffff:192.0.2.7"])
    def test_from_within(self, key, address):
        assert ask(key, REMOTE_ADDR=address).status_code == 200

    @pytest.mark.parametrize("address", ["192.0.3.1", "127.0.0.1", "2001:db8:1::1", "::ffff:192.0.3.7", "", "unix:"])
    def test_from_elsewhere(self, key, address):
        assert ask(key, REMOTE_ADDR=address).status_code == 401

    @pytest.mark.parametrize(
        "header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_CLIENT_IP", "HTTP_TRUE_CLIENT_IP"]
    )
    def test_what_the_client_says_of_itself_counts_for_nothing(self, key, header):
        said = "for=192.0.2.1" if header == "HTTP_FORWARDED" else "192.0.2.1"
        assert ask(key, REMOTE_ADDR="198.51.100.1", **{header: said}).status_code == 401


def test_use_is_noted_once_a_minute(machine, now, django_assert_num_queries):
    key = issue(machine, scopes=[KeyScope.READ_REFERENCE])
    ask(key)
    first = now()
    now.advance(seconds=59)
    with django_assert_num_queries(3):  # key and account; what it may do; the venues
        ask(key)
    assert ApiKey.objects.get().last_used_at == first
    now.advance(seconds=1)
    ask(key)
    assert ApiKey.objects.get().last_used_at == now()


class TestIssuing:
    def run(self, *args: str) -> tuple[str, str]:
        told, said = StringIO(), StringIO()
        call_command("issue_api_key", *args, stdout=told, stderr=said)
        return told.getvalue().strip(), said.getvalue()

    def test_it_prints_one_and_says_when_it_may_do_nothing_yet(self, db):
        key, said = self.run("gis", "--scope", "read:reference", "--scope", "read:need-maps", "--days", "7")
        assert "no assignment" in said
        account = User.objects.get(username="gis")
        assert not account.has_usable_password()
        kept = ApiKey.objects.get()
        assert (kept.scopes, kept.networks) == (["read:need-maps", "read:reference"], [])
        assert kept.expires_at - kept.created_at == dt.timedelta(days=7)
        assert ask(key).status_code == 403
        assign(account, Role.MACHINE_READER)
        assert ask(key).status_code == 200
        again, said = self.run("gis", "--scope", "read:reference", "--network", "192.0.2.7")
        assert said == ""
        assert ask(again).status_code == 401
        assert ask(again, REMOTE_ADDR="192.0.2.7").status_code == 200

    @pytest.mark.parametrize(
        "args",
        [
            ("anna", "--scope", "read:reference"),  # a person
            ("gis",),
            ("gis", "--scope", "read:everything"),
            ("gis", "--scope", "read:reference", "--days", "0"),
            ("gis", "--scope", "read:reference", "--days", "367"),
            ("gis", "--scope", "read:reference", "--network", "192.0.2.1/24"),
            ("gis", "--scope", "read:reference", "--network", "everywhere"),
            ("g i s", "--scope", "read:reference"),
        ],
    )
    def test_refusals(self, anna, args):
        with pytest.raises(CommandError):
            self.run(*args)
        assert not ApiKey.objects.exists()
        assert User.objects.count() == 1

    def test_not_for_a_person_who_signs_in_elsewhere(self, anna):
        """Single sign-on leaves people without a password here; their role tells what they are."""
        anna.set_unusable_password()
        anna.save()
        with pytest.raises(CommandError, match="person"):
            self.run("anna", "--scope", "read:reference")

    def test_not_for_one_that_was_switched_off(self, machine):
        User.objects.update(is_active=False)
        with pytest.raises(CommandError, match="not active"):
            self.run(machine.username, "--scope", "read:reference")

    def test_the_database_refuses_a_key_for_nothing(self, machine):
        issue(machine, scopes=[KeyScope.READ_REFERENCE])
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.update(scopes=[])

    def test_they_are_listed_and_revoked(self, machine):
        key = issue(machine, scopes=[KeyScope.READ_REFERENCE], networks=[ip_network("127.0.0.0/8")])

        def listed(*args: str) -> str:
            told = StringIO()
            call_command("list_api_keys", *args, stdout=told)
            return told.getvalue()

        assert "read:reference\t127.0.0.0/8" in listed()
        assert key.removeprefix("nlk_") not in listed()
        assert ask(key).status_code == 200
        call_command("revoke_api_key", str(ApiKey.objects.get().pk), stdout=StringIO())
        assert ask(key).status_code == 401
        assert listed() == ""
        assert "revoked" in listed("--all")
        with pytest.raises(CommandError):
            call_command("revoke_api_key", "0")
