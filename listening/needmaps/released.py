"""Figures of a release, for whoever reads counts alone: what the world reads of the same places, to the last digit.

Shares, intervals, classes and trends are rows of the release. What it has no row for, the city as a whole and all
conversations whatever their theme, follows from its rounded counts by the same formulas. No record and no cell is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, cast

from districts.models import BoundaryEdition
from listening.disclosure.plan import BASE, RESTRICTED_BASE
from listening.needmaps.need import CityNeed, Claim, DistrictNeed, PlaceClaim
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.tiers import NotInRelease, Source
from listening.releases.derive import derive_needs
from listening.releases.models import ReleaseCell, ReleaseNeed, ReleasePlace, ReleaseTheme
from listening.releases.values import CONVERSATIONS, PERSONS, CellValue, NeedValue, PlaceValue
from listening.statistics.breaks import BREAKS, NO_CLASS
from listening.statistics.reliability import FEWEST_EFFECTIVE, NEVER, TOO_FEW, Reliability
from listening.statistics.reliability import A as SURE

ANY: Final = "_any"  # all conversations, whatever their theme

# Why a figure is null; names are those of the answers.
MISSING: Final[Mapping[str, str]] = {
    "mentions": "A release counts conversations, not findings.",
    "share_severe": "A release does not tell how severe a need is.",
    "deff": "How alike the conversations of a session are is not published; n_eff holds the rounding alone.",
    "local_weight": "It is not published.",
    "location_quotient": "It is not published.",
    "emerging": "Sessions and listeners are not published.",
    "sessions": "Sessions and listeners are not published.",
    "priority_bands": "Bands of people are published by the year alone.",
    "rr_least": "It is not published, nor is rr_most.",
    "dissimilarity": "How far all bands together are from residents is not published.",
    "unplaced": "Conversations without a place are in no release.",
}


@dataclass(frozen=True, slots=True)
class ReleasedPlace:
    """A place of a layer. `district_id` is the district whose code it bears; `merged`: it is several, by code."""

    layer: str
    edition: str
    code: str
    name: str
    district_id: int
    residents: int | None
    is_excluded: bool
    merged: tuple[str, ...]

    def is_of(self, edition: BoundaryEdition) -> bool:
        return (self.layer, self.edition) == (edition.layer.code, edition.code)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What a release has of one period in some layers.

    `counts` are the rounded ones, by layer, place and theme, all conversations and people too; `needs` likewise.
    """

    source: Source
    places: tuple[ReleasedPlace, ...]
    counts: Mapping[tuple[str, str, str], CellValue]
    needs: Mapping[tuple[str, str, str], NeedValue]
    restricted: frozenset[str]

    def of(self, query: NeedMapQuery, edition: BoundaryEdition) -> list[ReleasedPlace]:
        """The places of an edition that the reader has, by code."""
        there = (one for one in self.places if one.is_of(edition) and query.reach.covers(one.district_id))
        return sorted(there, key=lambda one: one.code)

    def has(self, layer: str) -> bool:
        return any(at[0] == layer for at in self.needs)

    def themes(self, layer: str) -> set[str]:
        """Codes of the themes that it tells in a layer."""
        return {theme for of, _, theme in self.needs if of == layer}

    def count(self, place: ReleasedPlace, theme: str) -> int:
        cell = self.counts.get((place.layer, place.code, theme))
        return 0 if cell is None else cell.value

    def need(self, place: ReleasedPlace, theme: str) -> DistrictNeed:
        """The row of a place and a theme; without a theme (ANY), of all its conversations."""
        row = self._all_of(place) if theme == ANY else self.needs[place.layer, place.code, theme]
        return DistrictNeed(
            row.conversations or 0,
            row.mentioning or 0,
            None,
            None,
            claim=_place_claim(row),
            is_released=True,
            released_share=row.share,
            district_id=place.district_id,
            code=place.code,
            name=place.name,
            merged=place.merged,
        )

    def city(self, places: Sequence[ReleasedPlace], theme: str) -> CityNeed:
        """Some places of a layer together."""
        held = sum(self.count(one, CONVERSATIONS) for one in places)
        if theme == ANY:
            return CityNeed(held, held, None, None, is_released=True, released_share=1.0 if held else None)
        row = self._together(places, theme)
        claim = Claim(row.share_low, row.share_high, row.n_eff, None)
        return CityNeed(
            row.conversations or 0, row.mentioning or 0, None, None, claim, is_released=True, released_share=row.share
        )

    def _all_of(self, place: ReleasedPlace) -> NeedValue:
        """All conversations of a place mention something; what can be told is whether they are enough."""
        held = self.count(place, CONVERSATIONS)
        row = NeedValue(self.source.period, place.layer, place.code, ANY, held, held, reliability=NEVER)
        if held < FEWEST_EFFECTIVE:
            return replace(row, reliability=TOO_FEW) if held else row
        return replace(row, share=1.0, share_eb=1.0, reliability=SURE, class_index=len(BREAKS) + 1)

    def _together(self, places: Sequence[ReleasedPlace], theme: str) -> NeedValue:
        """The row that the release would have for some places of a layer as one."""
        layer = places[0].layer if places else ""
        # Whether a year is the sum of four roundings is told by the product.
        product = next((cell.product for at, cell in self.counts.items() if at[0] == layer), "P1")
        cells = [
            CellValue(product, self.source.period, layer, "", of, sum(self.count(one, of) for one in places))
            for of in (CONVERSATIONS, theme)
        ]
        base = RESTRICTED_BASE if theme in self.restricted else BASE
        whole = PlaceValue(layer, "", "", "", 0, (), {}, b"", None, 0)
        (row,) = derive_needs(cells, [whole], bases={CONVERSATIONS: BASE, theme: base})
        return row


def read_figures(
    sources: Collection[Source], layers: Sequence[str], themes: Collection[str] | None = None
) -> dict[Source, Figures]:
    """What releases have in some layers; of some themes, when they are named. Four queries, however many releases."""
    releases, periods = {one.release for one in sources}, {one.period for one in sources}
    wanted = {"release__in": releases, "layer__in": layers}
    named = {} if themes is None else {"theme__in": [*themes, CONVERSATIONS, PERSONS]}
    places = ReleasePlace.objects.filter(**wanted).order_by("layer", "position")
    needs = ReleaseNeed.objects.filter(period__in=periods, **wanted, **named).order_by()
    cells = ReleaseCell.objects.filter(
        product__in=("P1", "P2"), period__in=periods, variable="", **wanted, **named
    ).order_by()
    restricted = ReleaseTheme.objects.filter(release__in=releases, sensitivity="restricted").order_by()
    of_place = [
        (row[0], ReleasedPlace(*row[1:-1], merged=tuple(row[-1])))
        for row in places.values_list(
            "release", "layer", "edition", "code", "name", "district", "residents",
            "district__exclude_from_rates", "merged",
        )
    ]  # fmt: skip
    of_need = [(row[0], NeedValue(*row[1:])) for row in needs.values_list("release", *_names(NeedValue))]
    of_cell = [(row[0], CellValue(*row[1:])) for row in cells.values_list("release", *_names(CellValue))]
    hidden = list(restricted.values_list("release", "code"))
    return {
        source: Figures(
            source,
            tuple(place for release, place in of_place if release == source.release),
            {
                (cell.layer, cell.place, cell.theme): cell
                for release, cell in of_cell
                if (release, cell.period) == (source.release, source.period)
            },
            {
                (need.layer, need.place, need.theme): need
                for release, need in of_need
                if (release, need.period) == (source.release, source.period)
            },
            frozenset(code for release, code in hidden if release == source.release),
        )
        for source in sources
    }


def figures_of(query: NeedMapQuery, *, coarser: bool = False, all_themes: bool = False) -> Figures:
    """What the release of a query has in its layer, and in the coarser ones. Four queries. Raises NotInRelease."""
    assert query.source is not None
    layers = [one.layer.code for one in (query.edition, *(query.coarser if coarser else ()))]
    themes = None if all_themes else [query.theme.code] if query.theme else []
    found = read_figures([query.source], layers, themes)[query.source]
    if query.theme is not None:
        check_theme(query, found)
    return found


def released_counts(query: NeedMapQuery) -> dict[str, int]:
    """Conversations of all places of the reader that mention a theme, by code; zeros too. Four queries."""
    figures = figures_of(replace(query, theme=None), all_themes=True)
    places = figures.of(query, query.edition)
    return {theme: sum(figures.count(one, theme) for one in places) for theme in figures.themes(query.layer.code)}


def check_theme(query: NeedMapQuery, found: Figures) -> None:
    """Raises NotInRelease for a theme that the release does not tell in the layer: it is restricted, or newer."""
    if query.theme is not None and query.theme.code not in found.themes(query.layer.code):
        raise NotInRelease(
            query.tier,
            query.period,
            what=f"of the theme {query.theme.code} in the layer {query.layer.code}",
            parameter="theme",
            value=query.theme.code,
        )


def _names(value: type[NeedValue] | type[CellValue]) -> Iterable[str]:
    return (field.name for field in fields(value))


def _place_claim(row: NeedValue) -> PlaceClaim:
    return PlaceClaim(
        share_low=row.share_low,
        share_high=row.share_high,
        n_eff=row.n_eff,
        deff=None,
        share_eb=row.share_eb,
        local_weight=None,
        reliability=cast(Reliability, row.reliability or NEVER),
        location_quotient=None,
        class_index=NO_CLASS if row.class_index is None else row.class_index,
    )
