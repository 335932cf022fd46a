"""Who sees a mask cannot find out by searching what is under it: whatever it hides, every answer is the same."""

import re

import pytest

from listening.capture.accept import accept
from listening.capture.api import pages
from listening.records.models import Finding
from listening.redaction.marks import Mark, without
from tests.listening.submissions import conversation, heard

pytestmark = pytest.mark.django_db
URL = "/api/v1/findings"
NAMES = re.compile(r"Anna|Olga|Ugo", re.IGNORECASE)


def names(text):
    """A recogniser of a city."""
    return [Mark(found.start(), found.end(), "name") for found in NAMES.finditer(text)]


@pytest.fixture(autouse=True)
def recogniser(settings):
    settings.RECOGNISERS = (f"{__name__}.names",)


@pytest.fixture
def told(city, themes, listener):
    """Findings that differ in what is masked in them alone."""

    def tell(*texts):
        findings = [heard("need", themes["rent"], text=text) for text in texts]
        accept(conversation(listener, *findings), by=listener)
        return [one.id for one in findings]

    return tell


def refs(answer):
    return [one["text"] for one in answer.json()["findings"]]


def test_what_is_shown_is_found(told, planner, client_of):
    told("Anna chiede aiuto per la casa", "Casa fredda", "altro")
    answer = client_of(planner).get(URL, {"q": "CASÀ"})
    assert sorted(refs(answer)) == ["Casa fredda", "[name] chiede aiuto per la casa"]


@pytest.mark.parametrize(
    "q", ["Anna", "anna", "ann", "nna", "Anna chiede", "na", "name", "Olga", "lg", "via Roma 7", "a 12", "chiede"]
)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_every_answer_is_the_same_whatever_is_masked(told, planner, client_of, q, limit):
    pks = told(*["Anna chiede aiuto, via Roma 7"] * 3, "Nulla da dire")
    client = client_of(planner)

    def answers():
        query, told = {"q": q, "limit": limit}, []
        for _ in range(5):
            answer = client.get(URL, query)
            body = answer.json()
            told.append((answer.status_code, body.get("findings"), bool(body.get("next"))))
            if not body.get("next"):
                return told
            query["cursor"] = re.search(r"cursor=([^&]+)", body["next"])[1].replace("%3D", "=")
        return told

    before = answers()
    Finding.objects.filter(pk__in=pks[:3]).update(text="Olga chiede aiuto, via Roma 12")
    assert answers() == before


def test_pages_are_full_though_many_say_it_under_the_mask(told, planner, client_of, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    told(*["casa di Anna", "in casa", "Ugo e Anna, a casa", "Anna", "anna e Olga"])
    assert len(refs(client_of(planner).get(URL, {"q": "casa", "limit": 3}))) == 3
    assert refs(client_of(planner).get(URL, {"q": "anna", "limit": 1})) == []
    assert client_of(planner).get(URL, {"q": "anna", "limit": 1}).json()["next"] is None


def test_what_stands_on_both_sides_of_a_mask_is_not_one_word():
    assert "chiedeaiuto" not in without("chiedeAnnaaiuto", names("chiedeAnnaaiuto"))
    assert without("Anna", names("Anna")).isalnum() is False
