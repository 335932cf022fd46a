"""How a need map is written: GeoJSON (RFC 7946) or a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend.http.csv_text import csv_text
from backend.periods import Period
from listening.disclosure.plan import BASE
from listening.needmaps.annotate import Annotated
from listening.needmaps.build import NeedMap
from listening.needmaps.fallback import Fallback
from listening.needmaps.grid import Windows
from listening.needmaps.hexagons import HexagonNeed
from listening.needmaps.need import CityNeed, DistrictNeed, PlaceClaim
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.released import MISSING
from listening.needmaps.trend import Change
from listening.statistics.breaks import NO_CLASS
from listening.statistics.intervals import LEVEL
from listening.statistics.shares import rounded

# Goes up when the same records would give other figures: so that two downloads can be told apart.
METHOD: Final = "1"

as_json: Final = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes another encoder each time

NOTES: Final = [
    "share = mentioning / conversations; a conversation counts once however many findings it has.",
    "share_eb: the map's value; the share drawn towards the whole city's, the more the fewer conversations there are.",
    "share_low to share_high: 90 % interval of the share, on the effective number of conversations (n_eff).",
    "reliability: A, B, C by the width of the interval; X = too little listening for a value; 0 = nobody listened.",
    "coverage: none = nobody listened there; thin = fewer than 20 conversations, too few to compare; enough.",
    "Internal counts, not protected against disclosure: do not publish.",
]
RELEASED_NOTES: Final = [
    "Figures of the release that provenance names, as the world reads them; counts are rounded.",
    *NOTES[1:-1],
]


@dataclass(frozen=True, slots=True)
class Document:
    """A need map on its way out. `release`: what the world reads of the same period; None where it reads nothing."""

    told: Annotated
    release: str | None = None

    def as_geojson(self, geometries: Mapping[int, str]) -> str:
        """A FeatureCollection; what holds for the whole map stands beside the features."""
        features = ",".join(
            f'{{"type":"Feature","id":{need.district_id},"geometry":{geometries.get(need.district_id, "null")},'
            f'"properties":{as_json(self.properties(need))}}}'
            for need in self.told.need_map.districts
        )
        head = as_json(self.head())
        return f'{{"type":"FeatureCollection",{head[1:-1]},"features":[{features}]}}'

    def as_csv(self) -> str:
        """One row per district, then what has no place in this layer, and the city."""
        header = ["code", "name", "conversations", "mentioning", "mentions", "share", "coverage", *CLAIMED, "trend"]
        rows: list[list[str | int | float | None]] = []
        for need in self.told.need_map.districts:
            change = self.told.changes.get(need.district_id)
            figures = place_claimed(need)
            told = [figures[name] for name in CLAIMED]
            rows.append([need.code, need.name, *_counted(need), need.coverage, *told, change.label if change else None])
        for name, one in (("(unplaced)", self.told.need_map.unplaced), ("(city)", self.told.need_map.city)):
            if one is None:
                continue
            rows.append(["", name, *_counted(one), "", *(claimed(one).get(column) for column in CLAIMED), ""])
        return csv_text(header, rows)

    def properties(self, need: DistrictNeed) -> dict[str, Any]:
        """The figures of one district, complete in themselves: a feature may travel without its collection."""
        query = self.told.need_map.query
        fallback, change = self.told.fallbacks.get(need.district_id), self.told.changes.get(need.district_id)
        return {
            "layer": query.layer.code,
            "code": need.code,
            "name": need.name,
            "edition": self.told.need_map.edition.code,
            "period": query.period.label,
            "theme": query.theme and query.theme.code,
            "kind": query.kind,
            **counts(need),
            "coverage": need.coverage,
            **place_claimed(need),
            "trend": change and as_trend(change),
            "emerging": self.told.emerging.get(need.district_id),
            "fallback": fallback and as_fallback(fallback),
        }

    def head(self) -> dict[str, Any]:
        query, edition = self.told.need_map.query, self.told.need_map.edition
        return {
            "layer": query.layer.code,
            "edition": edition.code,
            "is_schematic": edition.is_schematic,
            "source": edition.source,
            "licence": edition.licence,
            "period": as_period(query.period),
            "reference_period": self.told.reference and as_period(self.told.reference),
            "theme": query.theme and query.theme.code,
            "kind": query.kind,
            "geography_role": "encounter",
            "is_partial": self.told.need_map.is_partial,
            "breaks": list(self.told.need_map.breaks),
            "interval_level": LEVEL,
            "provenance": provenance(query, self.release),
            "city": {**counts(self.told.need_map.city), **claimed(self.told.need_map.city)},
            "unplaced": self.told.need_map.unplaced and counts(self.told.need_map.unplaced),
            "notes": RELEASED_NOTES if query.source else NOTES,
        }


def provenance(query: NeedMapQuery, release: str | None = None) -> dict[str, Any]:
    """Where the figures are from, and by name why some are null. `release`: what the world reads of the same period."""
    source = query.source
    return {
        "release": source.release if source else release,
        "counts": "released" if source else "live",
        "rounding_base": BASE if source else None,
        "method": METHOD,
        "missing": dict(MISSING) if source else _not_compared(query),
    }


def _not_compared(query: NeedMapQuery) -> dict[str, str]:
    """Of a quarter that is published, whoever reads counts alone knows the release: live counts are not held to it."""
    reference = Windows.of(query.period).ref
    if reference is None or not query.tier.touched(reference):
        return {}
    return {"trend": f"{reference.label} is published; live counts are not compared with published ones."}


def file_name(need_map: NeedMap) -> str:
    """What a table is of, in the name under which it is saved: a CSV has no other place to say so."""
    query = need_map.query
    period = query.period.label.replace("/", "_")
    schematic = "schematic" if need_map.edition.is_schematic else None
    parts = ["need-map", query.layer.code, period, query.theme and query.theme.code, query.kind, schematic]
    return "-".join(part for part in parts if part)


def counts(need: CityNeed) -> dict[str, Any]:
    return {
        "conversations": need.conversations,
        "mentioning": need.mentioning,
        "mentions": need.mentions,
        "share": rounded(need.share),
        "share_severe": rounded(need.share_severe),
    }


CLAIMED: Final = (
    "share_low", "share_high", "share_eb", "local_weight", "n_eff", "deff", "reliability", "location_quotient",
    "class_index",
)  # fmt: skip


def place_claimed(need: DistrictNeed | HexagonNeed) -> dict[str, Any]:
    """The interval and what else is claimed; of a place where nobody listened there is no interval."""
    claim: PlaceClaim | None = need.claim
    if claim is None:
        return dict.fromkeys(CLAIMED)
    return {
        **claimed(need),
        "share_eb": rounded(claim.share_eb),
        "local_weight": rounded(claim.local_weight),
        "reliability": claim.reliability,
        "location_quotient": rounded(claim.location_quotient),
        "class_index": None if claim.class_index == NO_CLASS else claim.class_index,
    }


def claimed(need: CityNeed) -> dict[str, Any]:
    """The interval of a share and what it rests on."""
    claim = need.claim
    if need.is_released and claim is None:
        return dict.fromkeys(("share_low", "share_high", "n_eff", "deff"))
    if claim is None or not need.conversations:
        return {"share_low": None, "share_high": None, "n_eff": 0.0, "deff": None}
    return {
        "share_low": rounded(claim.share_low),
        "share_high": rounded(claim.share_high),
        "n_eff": None if claim.n_eff is None else round(claim.n_eff, 1),
        "deff": None if claim.deff is None else round(claim.deff, 2),
    }


def as_trend(change: Change) -> dict[str, Any]:
    """`difference` and its interval in shares: 0.1 is ten points."""
    return {
        "label": change.label,
        "difference": rounded(change.difference),
        "difference_low": rounded(change.low),
        "difference_high": rounded(change.high),
        "p": rounded(change.p),
        "q": rounded(change.q),
        "reference_period": change.reference.label,
        "reference_conversations": change.conversations_then,
        "reference_mentioning": change.mentioning_then,
    }


def as_fallback(fallback: Fallback) -> dict[str, Any]:
    need = fallback.need
    return {
        "layer": fallback.layer.code,
        "id": need.district_id,
        "code": need.code,
        "name": need.name,
        **counts(need),
        **place_claimed(need),
    }


def as_period(period: Period) -> dict[str, str]:
    return {"label": period.label, "first": period.first.isoformat(), "until": period.until.isoformat()}


def _counted(need: CityNeed) -> list[int | float | None]:
    return [need.conversations, need.mentioning, need.mentions, rounded(need.share)]
