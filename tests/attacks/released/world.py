"""What is published of the city, and what the world and a planner read of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client

from listening.releases.models import Release

LIVE = "2026-Q3"
PUBLISHED = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")
AGES = {"0-13": 100, "14-17": 50, "18-34": 200, "35-64": 400, "65+": 250}
AREAS = {1: 40, 2: 37, 3: 31, 4: 44, 5: 28, 6: 13, 7: 11, 8: 2, 9: 9}
RESIDENTS = {1: 4000, 2: 300, 3: 2500, 4: 900, 5: 120, 6: 3000, 7: 1000, 8: 1000, 9: 2000}
TOLD = ("conversations", "mentioning", "share", "share_low", "share_high", "share_eb", "n_eff", "reliability",
        "class_index")  # fmt: skip
Row = dict[str, Any]


def collection(name: str) -> Iterator[Row]:
    """Everything that the world reads of one kind, release by release."""
    for code in Release.objects.published().values_list("code", flat=True):
        answer = Client().get(f"/open/collections/{name}-{code}/items", {"f": "json", "limit": "10000"})
        assert answer.status_code == 200, answer.content
        document = answer.json()
        assert document["numberMatched"] == document["numberReturned"]
        yield from (feature["properties"] for feature in document["features"])


def open_needs() -> dict[tuple[str, str, str, str], Row]:
    return {(row["period"], row["layer"], row["theme"], row["place"]): row for row in collection("need-map")}


def maps() -> dict[tuple[str, str, str], dict[str, Row]]:
    """The world's rows, map by map."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for (period, layer, theme, place), row in open_needs().items():
        found.setdefault((period, layer, theme), {})[place] = row
    return found


def ask(client: Any, address: str, **params: str) -> Any:
    answer = client.get(f"/api/v1/{address}", params)
    assert answer.status_code == 200, (address, params, answer.content)
    return answer.json()


def same(told: Row, row: Row, names: tuple[str, ...] = TOLD) -> None:
    assert {name: told[name] for name in names} == {name: row[name] for name in names}
    if "trend" in told:
        trend = told["trend"] or {"label": None, "difference": None}
        assert (trend["label"], trend["difference"]) == (row["trend"], row["trend_difference"])
