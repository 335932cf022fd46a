"""What may tell who somebody is; and what people say that is nothing of the kind."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.redaction.marks import Mark, find, mask


def kinds(text, **more):
    return [mark.kind for mark in find(text, region="IT", **more)]


def test_it_works():
    text = "Chiamate Anna al 333 123 4567 o anna.rossi@example.org, via Ferrarese 12/b."
    marks = find(text, region="IT")
    assert [(text[mark.start : mark.end], mark.kind) for mark in marks] == [
        ("333 123 4567", "phone"), ("anna.rossi@example.org", "email"), ("12/b", "street_number"),
    ]  # fmt: skip
    assert mask(text, marks) == "Chiamate Anna al [phone] o [email], via Ferrarese [street_number]."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("051 1234567", "phone"), ("+39 051 123 4567", "phone"), ("3331234567", "phone"), ("+44 20 7946 0958", "phone"),
        ("mario@comune.bologna.it", "email"), ("IT60X0542811101000000123456", "iban"),
        ("it60 x054 2811 1010 0000 0123 456", "iban"), ("RSSMRA85T10A562S", "tax_code"),
        ("rssmra85t10a562s", "tax_code"),
        ("AB 123 CD", "plate"), ("ab123cd", "plate"), ("Via Emilia Levante 5", "street_number"),
        ("in piazza dell'Unità, civico 3", "street_number"),
    ],
)  # fmt: skip
def test_kinds(text, kind):
    assert kinds(f"dice: {text}, sempre") == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Il bus 27 passa ogni 20 minuti", "dal 2019 al 2026", "aumenta da 100 ma non basta", "1.200 euro al mese",
        "IT00X0542811101000000123456", "il 12/05/2026 alle 10:30", "via libera ai lavori", "3 bambini e 2 anziani",
        "", "@", "articolo 5 del regolamento 2016/679", "la linea 11 e la 27",
    ],
)  # fmt: skip
def test_what_people_say(text):
    assert kinds(text) == []


def test_a_city_adds_its_own():
    def names(text):
        at = text.find("Anna")
        return [Mark(at, at + 4, "name")] if at >= 0 else []

    assert kinds("Anna, 3331234567", recognisers=[names]) == ["name", "phone"]
    assert kinds("Anna", recognisers=[lambda text: [Mark(-1, 900, "name"), Mark(3, 3, "name")]]) == []


@given(st.text(max_size=300))
def test_masking_leaves_nothing_that_was_marked(text):
    marks = find(text, region="IT")
    assert all(one.end <= other.start for one, other in pairwise(marks))
    kept = text
    for mark in reversed(marks):
        kept = kept[: mark.start] + f"[{mark.kind}]" + kept[mark.end :]
    assert mask(text, marks) == kept
