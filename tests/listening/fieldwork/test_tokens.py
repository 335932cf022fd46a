"""Bearer tokens: shown once, stored hashed, refused when they are over."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend import clock
from listening.fieldwork.models import ApiToken
from listening.fieldwork.tokens import issue, resolve

VENUES = "/api/v1/venues"


def test_it_works(listener, client):
    token = issue(listener, label="phone")
    assert resolve(token) == listener
    assert client.get(VENUES, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert client.get(VENUES, headers={"Authorization": f"bearer  {token}"}).status_code == 200


def test_two_are_never_alike(listener):
    assert len({issue(listener) for _ in range(20)}) == 20


def test_the_database_does_not_hold_it(listener):
    """Whoever reads a backup must not be able to sign in with it."""
    token = issue(listener)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM fieldwork_apitoken t")
        (row,) = cursor.fetchone()
    assert token not in row
    assert token.removeprefix("nlt_") not in row


@pytest.mark.parametrize("change", ["expired", "revoked", "inactive"])
def test_one_that_is_over_is_nobodys(listener, client, change):
    token = issue(listener)
    past = clock.now() - dt.timedelta(seconds=1)
    match change:
        case "expired":
            ApiToken.objects.update(expires_at=past)
        case "revoked":
            ApiToken.objects.update(revoked_at=past)
        case "inactive":
            listener.is_active = False
            listener.save()
    response = client.get(VENUES, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert token not in response.content.decode()


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer nlt_", "Bearer nlt_à", "Basic YTpi", "nlt_x"]
)
def test_what_is_no_token(db, client, header):
    response = client.get(VENUES, headers={"Authorization": header.encode().decode("latin-1")})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


class TestCommand:
    def run(self, *args) -> str:
        told = StringIO()
        call_command("issue_token", *args, stdout=told)
        return told.getvalue().strip()

    def test_it_prints_one(self, listener):
        token = self.run("anna", "--days", "7", "--label", "phone")
        assert resolve(token) == listener
        kept = ApiToken.objects.get()
        assert kept.label == "phone"
        assert kept.expires_at - kept.created_at == dt.timedelta(days=7)

    @pytest.mark.parametrize("args", [("nobody",), ("anna", "--days", "0"), ("anna", "--days", "10000")])
    def test_refusals(self, listener, args):
        with pytest.raises(CommandError):
            self.run(*args)
        assert not ApiToken.objects.exists()

    def test_a_name_that_is_not_there_brings_the_names_that_are(self, listener):
        with pytest.raises(CommandError, match="anna"):
            self.run("ana")

    def test_not_for_somebody_who_left(self, listener):
        listener.is_active = False
        listener.save()
        with pytest.raises(CommandError):
            self.run("anna")
