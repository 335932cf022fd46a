"""Decisions: numbered without gap, short, and of one shape."""

import re

import pytest

from tests.docs.pages import DOCS, Page

DECISIONS = [Page(path) for path in sorted((DOCS / "adr").glob("*.md"))]
LONGEST = 40  # lines


def test_they_are_numbered_without_gap() -> None:
    assert [p.path.name[:4] for p in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda p: p.path.stem)
def test_it_is_short_and_complete(decision: Page) -> None:
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+", decision.path.stem)
    assert decision.text.startswith(f"# {int(decision.path.stem[:4])}. ")
    assert len(decision.text.splitlines()) <= LONGEST
    assert re.findall(r"^Status: (accepted|superseded by \d+)\.$", decision.text, re.MULTILINE)
    headings = re.findall(r"^## (.+)$", decision.text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
