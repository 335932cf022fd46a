"""Pages hang together: links lead somewhere, every page is reached, and none speaks of anything but the project."""

import re

import pytest

from tests.architecture.test_repository import INDEX, MACHINE_PATH
from tests.docs.pages import DOCS, ROOT, Page, page, pages

by_name = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)

OTHER_MATTERS = {
    "the number of an issue": re.compile(r"(?<![\w&/])#\d+\b|\bissues? \d+\b|\bissues/\d+", re.IGNORECASE),
    "an assistant": re.compile(r"\b(?:AI|LLM|chatbot|copilot|prompt|agentic|language model)\b", re.IGNORECASE),
    "a folder of one machine": MACHINE_PATH,
    "an index of packages": INDEX,
    "work that is left": re.compile(r"\b(?:TODO|FIXME|TBD|lorem ipsum)\b", re.IGNORECASE),
}


@by_name
def test_relative_links_and_pictures_resolve(page: Page) -> None:
    wrong = []
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (fragment and fragment not in Page(target).anchors):
            wrong.append(link)
    assert not wrong


def test_every_page_is_in_the_index() -> None:
    index = page("docs/README.md")
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in index.links}
    assert {p.path for p in pages() if p.path.is_relative_to(DOCS)} - linked - {index.path} == set()


def test_every_picture_is_shown() -> None:
    shown = {(p.path.parent / link).resolve() for p in pages() for link in p.links}
    pictures = set((DOCS / "images").iterdir())
    assert pictures
    assert pictures - shown == set()


@by_name
def test_it_speaks_of_the_project_alone(page: Page) -> None:
    found = [
        f"{what}: {match[0]!r}" for what, pattern in OTHER_MATTERS.items() for match in pattern.finditer(page.text)
    ]
    assert not found


@by_name
def test_it_has_one_title_and_lines_that_fit(page: Page) -> None:
    titles = re.findall(r"^# .+$", page.prose, re.MULTILINE)
    assert len(titles) == 1
    long = [
        line for line in page.prose.splitlines() if len(line) > 130 and not line.startswith("|") and "](" not in line
    ]
    assert not long


@by_name
def test_tables_are_complete(page: Page) -> None:
    blocks = re.findall(r"(?:^\|.*\n?)+", page.prose, re.MULTILINE)
    ragged = [block for block in blocks if len({line.count("|") for line in block.splitlines()}) != 1]
    assert not ragged


def test_the_readme_names_the_folders() -> None:
    told = {row[0].strip("`/") for row in page("README.md").table("Folders", "folder")}
    tracked = {folder.name for folder in ROOT.iterdir() if (folder / "__init__.py").exists() or folder.name == "docs"}
    assert told >= tracked & {"backend", "districts", "listening", "fixtures", "tests", "docs"}
    assert all((ROOT / folder).is_dir() for folder in told)


def test_the_changelog_names_the_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert version[1] in page("CHANGELOG.md").text
