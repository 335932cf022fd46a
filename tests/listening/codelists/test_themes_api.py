"""Themes over HTTP."""

import datetime as dt

import pytest

from backend import clock
from listening.codelists.models import Theme

THEMES = "/api/v1/themes"


def by_code(response) -> dict:
    return {theme["code"]: theme for theme in response.json()["themes"]}


def test_it_works(themes, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        response = client.get(THEMES, headers={"Accept-Language": "it"})
    rent = by_code(response)["rent"]
    assert rent == {
        "code": "rent", "parent": "housing", "label": "Affitto", "labels": {"it": "Affitto", "en": "Rent"},
        "sensitivity": "normal",
    }  # fmt: skip


def test_in_the_language_of_the_reader(themes, client):
    assert by_code(client.get(THEMES, headers={"Accept-Language": "en"}))["rent"]["label"] == "Rent"
    assert by_code(client.get(THEMES, headers={"Accept-Language": "fr"}))["rent"]["label"] in {"Rent", "Affitto"}


@pytest.mark.parametrize(("days", "offered"), [(-1, False), (0, False), (1, True)])
def test_until_the_day_it_retires(themes, client, days, offered):
    day = clock.local_date(clock.now()) + dt.timedelta(days=days)
    Theme.objects.filter(code="rent").update(retired_on=day)
    assert ("rent" in by_code(client.get(THEMES))) is offered


def test_not_modified(themes, client):
    first = client.get(THEMES)
    assert client.get(THEMES, headers={"If-None-Match": first["ETag"]}).status_code == 304
    themes["rent"].labels.filter(language="it").update(label="Canone")
    assert client.get(THEMES, headers={"If-None-Match": first["ETag"]}).status_code == 200
    # A cache must not give one reader another's language.
    assert "Accept-Language" in first["Vary"]


def test_an_unknown_parameter(themes, client):
    assert client.get(THEMES, {"lang": "it"}).status_code == 400
