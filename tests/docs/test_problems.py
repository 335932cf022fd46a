"""reference/problems.md says of each problem what its class says."""

import backend.urls  # noqa: F401 - brings the problems of every capability
from backend.problems import Problem, catalogue
from tests.docs.pages import page

PROBLEMS = page("docs/reference/problems.md")


def row_of(slug: str, kind: type[Problem]) -> list[str]:
    return [f"`{slug}`", str(kind.status), kind.title, " ".join((kind.__doc__ or "").split())]


def test_the_table_is_the_catalogue() -> None:
    expected = [row_of(slug, kind) for slug, kind in catalogue().items()]
    assert len(expected) > 15
    assert PROBLEMS.table("Types", "slug") == expected


def test_retries_speak_of_every_status() -> None:
    told = [word for row in PROBLEMS.table("Retry", "status") for word in row[0].split(", ") if word.isdecimal()]
    assert sorted(map(int, told)) == sorted({kind.status for kind in catalogue().values()})
