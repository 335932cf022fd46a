"""reference/audit.md lists every verb, every purpose and every member of an entry."""

from listening.audit.models import Entry
from listening.audit.purposes import Purpose
from listening.audit.record import MOST_IDS
from listening.audit.verbs import Verb
from tests.docs.pages import codes, page

AUDIT = page("docs/reference/audit.md")


def test_verbs() -> None:
    assert [code for row in AUDIT.table("What is recorded", "verb") for code in codes(row[0])] == list(Verb)


def test_purposes() -> None:
    assert codes(AUDIT.section("Purposes"))[1 : 1 + len(Purpose)] == list(Purpose)


def test_members() -> None:
    rows = AUDIT.table("Members of an entry", "member")
    assert [code for row in rows for code in codes(row[0])] == [field.name for field in Entry._meta.fields]
    assert next(row[1] for row in rows if "number" in row[0]).startswith(f"how many; above {MOST_IDS} the ids")
