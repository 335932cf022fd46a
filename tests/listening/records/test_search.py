"""Text is found without accents and case, by an index, also after a restore."""

import pytest
from django.db import connection

from listening.capture.accept import accept_many
from listening.records.models import Conversation, Finding
from listening.records.querysets import FindingQuerySet
from tests.listening.submissions import conversation, heard

pytestmark = pytest.mark.django_db


def folded(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.records_fold(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("told", "found"), [("Città", "citta"), ("È CARO", "e caro"), ("cafe\N{COMBINING ACUTE ACCENT}", "cafe")]
)
def test_accents_and_case_do_not_count(told, found):
    assert folded(told) == found


def test_with_an_empty_search_path_as_when_a_dump_is_restored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', '', true)")
    assert folded("Città") == "citta"


def test_the_index_is_used(transactional_db):
    """The planner sees through the function, or no index on it would be found."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM records_finding WHERE records_fold(text) LIKE '%%' || records_fold(%s) || '%%'",
            ["affitto"],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "records_finding_search" in plan
    assert Finding._meta.db_table in plan


@pytest.mark.parametrize("are_common", [True, False])
@pytest.mark.parametrize(
    ("searched", "found"),
    [("citta", {"in a finding", "città in the summary"}), ("100%", {"100% sure"}), ("0%_", set()), ("nothing", set())],
)
def test_both_ways_of_looking_find_the_same(city, listener, monkeypatch, are_common, searched, found):
    accept_many(
        [
            conversation(listener, heard(text="altro"), heard(text="la CITTÀ è cara"), summary="in a finding"),
            conversation(listener, heard(text="altro"), summary="città in the summary"),
            conversation(listener, heard(text="altro"), summary="100% sure"),
            conversation(listener, summary="1000 of them"),
        ]
    )
    monkeypatch.setattr(FindingQuerySet, "are_common", lambda _: are_common)
    assert set(Conversation.objects.saying(searched).values_list("summary", flat=True)) == found


def test_what_few_say_is_joined_to_its_conversations(city, monkeypatch):
    """With an OR over both tables, each conversation was read to find that nobody said it."""
    monkeypatch.setattr(FindingQuerySet, "are_common", lambda _: False)
    plan = Conversation.objects.saying("affitto").explain()
    assert "Join" in plan or "Nested Loop" in plan
    assert "SubPlan" not in plan


def test_what_many_say_is_looked_for_among_the_newest(city, listener):
    """By an index all of them would be read, and folded once more, for a page."""
    accept_many(
        [
            conversation(listener, heard(text="l'affitto è caro" if number % 4 else "gli autobus"), summary="")
            for number in range(400)
        ]
    )
    accept_many([conversation(listener, heard(text="la piscina"), summary="")])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE records_finding")
    assert Finding.objects.saying("affitto").are_common()
    assert not Finding.objects.saying("piscina").are_common()
    page = Conversation.objects.saying("affitto").newest_first()[:5]
    assert len(page) == 5
    plan = page.explain()
    assert "records_finding_search" not in plan
    assert "hashed SubPlan" not in plan
