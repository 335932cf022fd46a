"""Invented conversations on the areas of the demo city: what the attacks are run against.

    effort of an area   residents x lognormal(0, 0.9)
    themes              those of fixtures/themes.yaml; a parent is counted when one below it is mentioned
    whether mentioned   logit = base of the theme + 0.5 x a Gaussian field over the areas, exponential, of range 1.5 km
    people              1 in most conversations, up to 10 in groups

Everything is drawn from one seed. No table here is of a real city.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from shapely import STRtree
from shapely.geometry import shape

from listening.disclosure.plan import (
    Area,
    PlannedTheme,
    PublicationArea,
    TablePlan,
    boundary_version,
    publication_areas,
)
from listening.disclosure.protect import protect_bands, protect_quarter, protect_restricted, protect_year
from listening.disclosure.tables import CONVERSATIONS, PERSONS, FrequencyTable, ProtectedTable

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
KEY = bytes(range(32))
QUARTERS = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
BANDS = {
    "age": ("0-13", "14-17", "18-34", "35-64", "65+", "unknown"),
    "gender": ("female", "male", "other", "unknown"),
}


@dataclass(frozen=True)
class Geography:
    areas: tuple[PublicationArea, ...]
    zones: tuple[str, ...]
    district_of: dict[str, str]  # of a zone
    merged_into: dict[str, int]  # position of the publication area that an area belongs to
    rows: tuple[dict[str, str], ...]
    version: str

    @property
    def districts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.district_of.values()))


def geography() -> Geography:
    with (FIXTURES / "bologna" / "areas.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda r: (int(r["quartiere"]), r["zona"], int(r["code"])))
    features = json.loads((FIXTURES / "bologna" / "aree.geojson").read_text())["features"]
    codes = [str(feature["properties"]["code"]) for feature in features]
    polygons = [shape(feature["geometry"]) for feature in features]
    touching: dict[str, set[str]] = {code: set() for code in codes}
    for one, other in STRtree(polygons).query(polygons, predicate="intersects").T:
        if one != other and polygons[one].intersection(polygons[other]).length > 0:
            touching[codes[one]].add(codes[other])
    areas = publication_areas(
        Area(row["code"], row["zona"], int(row["residents_2021"]), frozenset(touching[row["code"]])) for row in rows
    )
    district_of = {row["zona"]: row["quartiere"] for row in rows}
    places = [(district_of[area.zone], area.zone, area.code, *area.members) for area in areas]
    return Geography(
        areas=areas,
        zones=tuple(district_of),
        district_of=district_of,
        merged_into={member: i for i, area in enumerate(areas) for member in area.members},
        rows=tuple(rows),
        version=boundary_version({"area-statistica": "schematic", "zona": "schematic"}, places),
    )


def themes() -> list[PlannedTheme]:
    """The themes of the codelist, in its order, parents before those below them."""

    def listed(entries: Sequence[dict], parent: str | None) -> list[PlannedTheme]:
        found = []
        for entry in entries:
            found.append(PlannedTheme(entry["code"], parent, entry.get("sensitivity", "normal")))
            found += listed(entry.get("children", ()), entry["code"])
        return found

    return listed(yaml.safe_load((FIXTURES / "themes.yaml").read_text())["themes"], None)


@dataclass(frozen=True)
class Conversations:
    """One row per conversation."""

    area: np.ndarray  # position among the publication areas
    week: np.ndarray  # 0-51, of which 13 make a quarter
    people: np.ndarray  # 1-10
    mentions: np.ndarray  # (conversations, themes) bool, parents included
    age: np.ndarray  # (conversations, bands) people
    gender: np.ndarray  # likewise

    @property
    def quarter(self) -> np.ndarray:
        """0-3"""
        return self.week // 13


@dataclass(frozen=True)
class Trial:
    """A year of conversations, counted and protected by the table plan."""

    place: Geography
    plan: TablePlan
    themes: tuple[str, ...]
    conversations: Conversations
    counted: tuple[FrequencyTable, ...]  # P1 of four quarters, P1 of restricted themes, P2, P3 by age and by gender
    published: tuple[ProtectedTable, ...]


def converse(place: Geography, planned: Sequence[PlannedTheme], *, number: int, seed: int) -> Conversations:
    rng = np.random.default_rng(seed)
    residents = np.array([int(row["residents_2021"]) for row in place.rows])
    effort = residents * rng.lognormal(0, 0.9, len(residents))
    area = rng.choice(len(residents), size=number, p=effort / effort.sum())
    lon, lat = (np.array([float(row[axis]) for row in place.rows]) for axis in ("lon", "lat"))
    x, y = lon * 111_320 * np.cos(np.deg2rad(lat.mean())), lat * 110_540
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    root = np.linalg.cholesky(np.exp(-distance / 1_500) + 1e-9 * np.eye(len(x)))
    field = root @ rng.normal(size=(len(x), len(planned)))
    level = rng.normal(-3.2, 0.8, len(planned))
    chance = 1 / (1 + np.exp(-(level + 0.5 * field)))
    mentions = rng.random((number, len(planned))) < chance[area]
    positions = {theme.code: i for i, theme in enumerate(planned)}
    for theme in reversed(planned):  # children first
        if theme.parent:
            mentions[:, positions[theme.parent]] |= mentions[:, positions[theme.code]]
    people = np.where(rng.random(number) < 0.8, 1, rng.integers(2, 11, number))
    age = rng.multinomial(people, [0.02, 0.03, 0.15, 0.35, 0.3, 0.15])
    merged = np.array([place.merged_into[row["code"]] for row in place.rows])
    week, gender = rng.integers(0, 52, number), rng.multinomial(people, [0.55, 0.38, 0.02, 0.05])
    return Conversations(merged[area], week, people, mentions, age, gender)


def count(place: Geography, plan: TablePlan, codes: Sequence[str], told: Conversations) -> tuple[FrequencyTable, ...]:
    """The exact tables of the plan."""
    zone_of = np.array([place.zones.index(area.zone) for area in place.areas])
    district_of = np.array([place.districts.index(place.district_of[zone]) for zone in place.zones])
    columns = {code: told.mentions[:, i].astype(np.int64) for i, code in enumerate(codes)}
    columns |= {CONVERSATIONS: np.ones(len(told.area), dtype=np.int64), PERSONS: told.people}

    def table(themes: Sequence[str], where: np.ndarray, size: int, chosen: np.ndarray) -> np.ndarray:
        return np.stack(
            [np.bincount(where[chosen], columns[theme][chosen], size).astype(np.int64) for theme in themes], axis=1
        )

    zone, year = zone_of[told.area], np.ones(len(told.area), dtype=bool)
    zones_in = tuple(place.district_of[zone] for zone in place.zones)
    quarters = [
        FrequencyTable(
            "P1", period, place.zones, plan.quarterly,
            table(plan.quarterly, zone, len(place.zones), told.quarter == i), zones_in,
        )
        for i, period in enumerate(QUARTERS)
    ]  # fmt: skip
    restricted = FrequencyTable(
        "P1", "2026", place.districts, plan.restricted,
        table(plan.restricted, district_of[zone], len(place.districts), year),
    )  # fmt: skip
    areas = FrequencyTable(
        "P2", "2026", tuple(area.code for area in place.areas), plan.yearly,
        table(plan.yearly, told.area, len(place.areas), year), tuple(area.zone for area in place.areas),
    )  # fmt: skip
    people = [
        _by_band(place, district_of[zone], variable, bands, getattr(told, variable))
        for variable, bands in BANDS.items()
    ]
    return (*quarters, restricted, areas, *people)


def _by_band(
    place: Geography, district: np.ndarray, variable: str, bands: Sequence[str], people: np.ndarray
) -> FrequencyTable:
    counts = np.stack([np.bincount(district, of_band, len(place.districts)) for of_band in people.T], axis=1)
    rows = tuple(code for code in place.districts for _ in bands)
    return FrequencyTable(
        "P3", "2026", rows, (PERSONS,), counts.reshape(-1, 1).astype(np.int64), rows,
        tuple(bands) * len(place.districts), variable,
    )  # fmt: skip


def protect(
    place: Geography, plan: TablePlan, counted: Sequence[FrequencyTable], key: bytes = KEY
) -> tuple[ProtectedTable, ...]:
    *quarters, restricted, areas, ages, genders = counted
    shared = {
        "key": key, "bases": plan.bases, "boundary_version": place.version, "theme_parents": plan.theme_parents,
    }  # fmt: skip
    published = [protect_quarter(quarter, **shared) for quarter in quarters]
    return (
        *published,
        protect_restricted(restricted, published, **shared),
        protect_year(areas, published, **shared),
        *(protect_bands(bands, published, **shared) for bands in (ages, genders)),
    )


def trial(*, number: int = 3_000, seed: int = 1, key: bytes = KEY, base: int = 5) -> Trial:
    place, planned = geography(), themes()
    plan = TablePlan.of(planned, base=base, restricted_base=2 * base)
    codes = tuple(theme.code for theme in planned)
    told = converse(place, planned, number=number, seed=seed)
    counted = count(place, plan, codes, told)
    return Trial(place, plan, codes, told, counted, protect(place, plan, counted, key))
