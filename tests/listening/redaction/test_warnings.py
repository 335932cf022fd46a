"""The listener is told at once, planners read a mask; the record itself stays as it was said."""

import pytest

from listening.records.models import Finding
from listening.sync.models import Op
from tests.listening.submissions import document
from tests.listening.sync.conftest import Phone, logged

pytestmark = pytest.mark.django_db
NUMBER = "333 123 4567"
FINDINGS = [{"kind": "need", "text": f"Richiamate Anna al {NUMBER}", "themes": ["rent"]}]
WARNING = {"pointer": "/findings/0/text", "code": "phone", "start": 19, "end": 31}


def test_it_works(city, themes, listener, planner, client_of):
    answer = client_of(listener).post("/api/v1/conversations", document(findings=FINDINGS))
    assert answer.json()["warnings"] == [WARNING]
    assert Finding.objects.get().text == FINDINGS[0]["text"]
    (heard,) = client_of(planner).get("/api/v1/findings").json()["findings"]
    assert heard["text"] == "Richiamate Anna al [phone]"


def test_nothing_to_warn_of(city, listener, client_of):
    assert client_of(listener).post("/api/v1/conversations", document()).json()["warnings"] == []


@pytest.mark.parametrize("together", [1, 2])
def test_sync_tells_it_too_and_keeps_no_word(city, themes, listener, together):
    results = Phone(listener).push(*[logged(findings=[dict(FINDINGS[0])]) for _ in range(together)])
    assert [one["warnings"] for one in results] == [[WARNING]] * together
    assert NUMBER not in str(list(Op.objects.values_list("outcome", flat=True)))


@pytest.mark.parametrize("q", ["333 123", "1234567", "@example", "123"])
def test_nobody_finds_by_search_what_is_masked(city, themes, listener, planner, client_of, q):
    client_of(listener).post("/api/v1/conversations", document(findings=FINDINGS))
    answer = client_of(planner).get("/api/v1/findings", {"q": q})
    assert answer.status_code == 400
    assert client_of(planner).get("/api/v1/findings", {"q": "richiamate"}).json()["findings"]
