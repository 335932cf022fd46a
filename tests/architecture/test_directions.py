"""Pages run from left to right or from right to left: style says where lines begin and end, not left and right."""

import re

import pytest

from tests.architecture.test_repository import ROOT, tracked

PHYSICAL = re.compile(
    r"(?:margin|padding|border|inset)-(?:left|right)\b|(?<![-\w])(?:left|right)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
STYLES = [path for path in tracked() if path.suffix == ".css"]
# Four values go round clockwise: the second and the fourth are right and left.
FOUR_VALUES = re.compile(r"(?<![-\w])(?:margin|padding|inset|border-width)\s*:\s*([\w.%-]+(?:\s+[\w.%-]+){3})\s*[;}]")


def physical(style: str) -> list[str]:
    uneven = [m[0] for m in FOUR_VALUES.finditer(style) if (sides := m[1].split())[1] != sides[3]]
    return [m[0] for m in PHYSICAL.finditer(style)] + uneven


@pytest.mark.parametrize("path", STYLES, ids=[path.name for path in STYLES])
def test_no_style_names_a_side_of_the_screen(path):
    assert physical(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "style",
    ["a { margin-left: 1rem }", "a { left: 0; }", "a { text-align: right; }", "a { padding: 0 1px 0 2px; }"],
)
def test_a_side_is_found(style):
    assert physical(style)


@pytest.mark.parametrize(
    "style",
    ["a { margin-inline-start: 1rem; text-align: end; padding: 0 1px 2px; }", ".left { inset: 0 auto 0 auto; }"],
)
def test_what_follows_the_text_may_stand(style):
    assert physical(style) == []


def test_styles_of_every_page_are_looked_at():
    assert {"site.css", "dashboard.css", "desk.css"} <= {path.name for path in STYLES}
    assert all(path.is_relative_to(ROOT) for path in STYLES)
