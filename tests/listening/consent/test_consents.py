"""Consent and cards come in with a conversation, through capture and sync alike."""

import pytest
from uuid6 import uuid7

from listening.capture.accept import accept
from listening.capture.errors import InvalidSubmission, SameIdOtherContent
from listening.capture.submission import Agreed, Band
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Notice, Receipt
from listening.records.models import Consent, Conversation
from tests.listening.submissions import NOON, conversation, document, heard

pytestmark = pytest.mark.django_db
URL = "/api/v1/conversations"


@pytest.fixture(autouse=True)
def notice(db):
    Notice.objects.create(version="1", language="it", text="Annotiamo", sha256="0" * 64, loaded_at=NOON)


def agreed(purpose="quote", **members):
    return {"purpose": purpose, "mode": "spoken", "notice_version": "1", **members}


def test_it_works(city, listener, client_of):
    code = new_code()
    answer = client_of(listener).post(URL, document(consents=[agreed()], receipt=code))
    assert answer.status_code == 201
    assert answer.json()["consents"] == [agreed()]
    assert "receipt" not in answer.json()
    held = Receipt.objects.get()
    assert bytes(held.digest) == digest_of(read_code(code))
    assert code not in str(vars(held))


def test_nothing_is_agreed_to_by_saying_nothing(city, listener, client_of):
    assert client_of(listener).post(URL, document()).json()["consents"] == []
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("consents", "pointer"),
    [
        ([agreed(purpose="marketing")], "/consents/0/purpose"),
        ([agreed(notice_version="9")], "/consents/0/notice_version"),
        ([agreed(), agreed(mode="written")], "/consents/1/purpose"),
        ([{"purpose": "quote"}], "/consents/0/mode"),
    ],
)
def test_mistakes_are_named(city, listener, client_of, consents, pointer):
    answer = client_of(listener).post(URL, document(consents=consents))
    assert answer.status_code == 400
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert not Conversation.objects.exists()


def test_for_minors_a_guardian_agrees(city, listener):
    bands = (Band("age", "14-17", 2),)
    told = {"people_count": 2, "bands": bands}
    with pytest.raises(InvalidSubmission) as refused:
        accept(conversation(listener, consents=(Agreed("recontact", "spoken", "1"),), **told), by=listener)
    assert refused.value.errors[0]["code"] == "guardian-needed"
    accept(conversation(listener, consents=(Agreed("recontact", "guardian", "1"),), **told), by=listener)


def test_a_slip_in_the_code_is_told_at_once(city, listener, client_of):
    answer = client_of(listener).post(URL, document(receipt="2222-2222"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/receipt"


def test_a_card_is_for_one_conversation(city, listener, client_of):
    code = new_code()
    client = client_of(listener)
    assert client.post(URL, document(receipt=code)).status_code == 201
    taken = client.post(URL, document(receipt=code))
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/receipt-taken")
    assert Conversation.objects.count() == 1


def test_sent_again_it_is_the_same(city, listener):
    receipt = digest_of(read_code(new_code()))
    first = conversation(listener, consents=(Agreed("quote", "spoken", "1"),), receipt=receipt)
    assert accept(first, by=listener).created
    assert not accept(first, by=listener).created
    other = conversation(listener, id=first.id, receipt=digest_of(read_code(new_code())))
    with pytest.raises(SameIdOtherContent):
        accept(other, by=listener)


def test_consent_is_changed_and_taken_back(city, listener, client_of):
    client = client_of(listener)
    stored = client.post(URL, document(consents=[agreed(), agreed("recontact")]))
    address = f"{URL}/{stored.json()['id']}"
    changed = client.patch(address, {"consents": [agreed()]}, headers={"If-Match": stored["ETag"]})
    assert changed.json()["consents"] == [agreed()]
    kept = client.patch(address, {"summary": "x"}, headers={"If-Match": changed["ETag"]})
    assert kept.json()["consents"] == [agreed()]


def test_a_card_can_come_later_but_not_another(city, listener, client_of):
    client, code = client_of(listener), new_code()
    stored = client.post(URL, document())
    address = f"{URL}/{stored.json()['id']}"
    given = client.patch(address, {"receipt": code}, headers={"If-Match": stored["ETag"]})
    assert given.status_code == 200
    again = client.patch(address, {"receipt": code}, headers={"If-Match": given["ETag"]})
    assert again.status_code == 200
    other = client.patch(address, {"receipt": new_code()}, headers={"If-Match": again["ETag"]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (400, "has-another")
    second = client.post(URL, document())
    taken = client.patch(f"{URL}/{second.json()['id']}", {"receipt": code}, headers={"If-Match": second["ETag"]})
    assert taken.json()["type"] == "/problems/receipt-taken"


@pytest.mark.parametrize(
    ("basis", "consents", "counts"),
    [("public_task", (), True), ("consent", (), False), ("consent", (Agreed("statistics", "spoken", "1"),), True)],
)
def test_what_is_counted_follows_the_legal_basis(city, themes, listener, settings, basis, consents, counts):
    settings.STATISTICS_BASIS = basis
    submission = conversation(listener, heard("need", themes["rent"]), consents=consents)
    accept(submission, by=listener)
    assert Conversation.objects.get().may_be_counted is counts
    said_no = conversation(listener, id=uuid7(), consents=consents, may_be_counted=False)
    accept(said_no, by=listener)
    assert not Conversation.objects.get(pk=said_no.id).may_be_counted


def test_notices(client, db):
    Notice.objects.create(version="2", language="en", text="We note", sha256="1" * 64, loaded_at="2026-06-01T00:00Z")
    answer = client.get("/api/v1/notices")
    assert [one["version"] for one in answer.json()["notices"]] == ["2"]
    assert client.get("/api/v1/notices", headers={"If-None-Match": answer["ETag"]}).status_code == 304
