"""The page for who holds a card."""

import json
import re

import pytest
from django.test import Client

from listening.capture.accept import accept
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Withdrawal
from tests.canaries import CANARY
from tests.listening.submissions import conversation, heard

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(city, themes, listener):
    code = new_code()
    accept(conversation(listener, heard("need", themes["rent"]), receipt=digest_of(read_code(code))), by=listener)
    return code


def shown(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.content.decode())


def send(code, wish, **members):
    return Client().post("/receipt/", {"code": code, "wish": wish, **members})


@pytest.mark.parametrize(("language", "title"), [
        ("it", "La tua ricevuta"), ("en", "Your receipt"), ("ar", "إيصالك"), ("ar-MA,it;q=0.8", "إيصالك"),
        ("fr,en;q=0.5", "Your receipt"), ("zh", "La tua ricevuta"),
    ],
)  # fmt: skip
def test_it_works(client, db, language, title):
    answer = client.get("/receipt/", headers={"Accept-Language": language})
    assert f"<h1>{title}</h1>" in answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_the_language_that_was_chosen_comes_first_and_everywhere(client, db):
    answer = client.post("/language/", {"language": "ar", "next": "/receipt/"}, headers={"Accept-Language": "en"})
    assert answer["Location"] == "/receipt/"
    page = client.get("/receipt/", headers={"Accept-Language": "en"})
    assert '<html lang="ar" dir="rtl">' in page.content.decode()
    assert page["Content-Language"] == "ar"
    elsewhere = client.get("/", headers={"Accept-Language": "en"})
    assert '<html lang="ar" dir="rtl">' in elsewhere.content.decode()


def test_a_copy_is_in_words_and_the_file_as_it_is_stored(code):
    """Codes are for programs: the page says what they mean, in the language of the reader."""
    page = Client().post("/receipt/", {"code": code, "wish": "copy"}, headers={"Accept-Language": "ar"})
    assert "Affitto" in page.content.decode(), "no label in Arabic: that of the city"
    assert "حاجة" in page.content.decode()
    assert json.loads(send(code, "file").content)["findings"][0]["themes"] == ["rent"]


def test_a_copy_is_read_and_taken_away(code):
    page = send(code, "copy")
    assert CANARY in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    file = send(code, "file")
    assert file["Content-Disposition"] == 'attachment; filename="conversation.json"'
    assert CANARY in file.content.decode()


def test_deletion_takes_a_tick(code):
    answer = send(code, "deletion")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Withdrawal.objects.exists()
    assert send(code, "deletion", sure="on").status_code == 200
    assert Withdrawal.objects.count() == 1


def test_known_and_unknown_codes_get_the_same_page(code):
    known, unknown = send(code, "deletion", sure="on"), send(new_code(), "deletion", sure="on")
    assert (known.status_code, shown(known)) == (unknown.status_code, shown(unknown))


@pytest.mark.parametrize(
    ("told", "wish", "status"),
    [("nonsense", "copy", 400), ("", "copy", 400), ("x" * 900, "copy", 400), ("", "eat", 400)],
)
def test_mistakes(db, told, wish, status):
    answer = send(told, wish)
    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()


def test_what_is_not_there(db):
    assert send(new_code(), "copy").status_code == 404


def test_a_form_of_another_site_is_refused(code):
    answer = Client(enforce_csrf_checks=True).post("/receipt/", {"code": code, "wish": "deletion", "sure": "on"})
    assert answer.status_code == 403
    assert not Withdrawal.objects.exists()
