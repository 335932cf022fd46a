"""The documentation as data: pages, their sections, tables, links and commands."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without the blocks of code, in which # and [] mean something else."""
        return FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        return [match["target"] for match in LINK.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """The fragments by which the headings can be reached."""
        return {anchor_of(match["title"]) for match in HEADING.finditer(self.prose)}

    def scripts(self, language: str = "sh") -> list[str]:
        """The blocks of code in a language."""
        return [match["text"] for match in FENCE.finditer(self.text) if match["language"] == language]

    def section(self, title: str) -> str:
        """What stands under a heading, up to the next one."""
        headings = list(HEADING.finditer(self.prose))
        for heading, following in zip(headings, [*headings[1:], None], strict=True):
            if heading["title"] == title:
                return self.prose[heading.end() : following.start() if following else None]
        raise LookupError(f"{self.name} has no heading {title!r}")

    def table(self, title: str, header: str) -> list[list[str]]:
        """The rows of the table under a heading whose first column has this header."""
        for block in re.findall(r"(?:^\|.*\|\n?)+", self.section(title), re.MULTILINE):
            first, _line, *rows = [cells_of(line) for line in block.splitlines()]
            if first[0] == header:
                return rows
        raise LookupError(f"{self.name} has no table with the column {header!r} under {title!r}")


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def codes(text: str) -> list[str]:
    """What stands between backticks."""
    return CODE.findall(text)


def anchor_of(title: str) -> str:
    """The fragment of a heading, as code hosts make it: lower case, no punctuation, hyphens for blanks."""
    bare = unicodedata.normalize("NFC", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", bare).replace(" ", "-")


def page(name: str) -> Page:
    return Page(ROOT / name)


def pages() -> list[Page]:
    """Every page of the documentation."""
    own = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "fixtures" / "README.md"]
    return [Page(path) for path in [*own, *sorted(DOCS.rglob("*.md"))]]
