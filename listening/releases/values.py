"""What a release is made of, as plain values: the same from the tables as on their way there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

CONVERSATIONS: Final = "_n"
PERSONS: Final = "_persons"


@dataclass(frozen=True, slots=True)
class ThemeValue:
    """A theme as it was. `labels` by language; `sensitivity`: normal or restricted."""

    code: str
    parent: str
    labels: Mapping[str, str]
    sensitivity: str
    position: int


@dataclass(frozen=True, slots=True)
class PlaceValue:
    """A place with its boundary (MultiPolygon, EPSG:4326, as WKB).

    `parents` holds, per coarser layer, the places that it lies in, each with the share of its residents there.
    """

    layer: str
    edition: str
    code: str
    name: str
    district_id: int
    merged: tuple[str, ...]
    parents: Mapping[str, Mapping[str, float]]
    geometry: bytes = field(repr=False)
    residents: int | None
    position: int


@dataclass(frozen=True, slots=True)
class CellValue:
    """One published count, see `models.ReleaseCell`."""

    product: str
    period: str
    layer: str
    place: str
    theme: str
    value: int
    variable: str = ""
    band: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        return (self.product, self.period, self.layer, self.place, self.theme, self.variable, self.band)


@dataclass(frozen=True, slots=True)
class NeedValue:
    """One row of the need map, see `models.ReleaseNeed`. Shares are 0-1, four decimals; None: nothing may be said."""

    period: str
    layer: str
    place: str
    theme: str
    conversations: int | None
    mentioning: int | None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    share_eb: float | None = None
    n_eff: float | None = None
    reliability: str | None = None
    class_index: int | None = None
    trend: str | None = None
    trend_difference: float | None = None

    @property
    def order(self) -> tuple[str, ...]:
        return (self.period, self.layer, self.place, self.theme)


@dataclass(frozen=True, slots=True)
class BandValue:
    """People of one band, see `models.ReleaseBand`. Shares and ratios have four decimals; None: nothing may be said."""

    period: str
    layer: str
    place: str
    variable: str
    band: str
    people: int
    share: float | None = None
    n_eff: float | None = None
    residents: int | None = None
    reference_share: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    flag: str | None = None
    reason: str | None = None
    reference_year: int | None = None
    source: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        return (self.period, self.layer, self.place, self.variable, self.band)


@dataclass(frozen=True, slots=True)
class Head:
    """What a release says of itself. No instant and no person: made anew from the same counts, it is the same."""

    code: str
    number: int
    quarter: str
    revision: int
    city: str
    language: str
    correction: str
    licence: str
    scheme: str
    rounding_base: int
    key_id: str
    layer_names: Mapping[str, Mapping[str, str]]
    boundary_editions: Mapping[str, str]
    boundary_version: str
    codelist_version: str
    method: str
    code_version: str
    compared_with: str  # code of the release that trends compare with; empty: none
    audit: Mapping[str, Any]
    previous: str  # code of the release before in the chain; empty: this is the first
    previous_sha256: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole release. Rows are in the order of their keys. `bands` are of a year: other releases have none."""

    head: Head
    themes: tuple[ThemeValue, ...]
    places: tuple[PlaceValue, ...]
    cells: tuple[CellValue, ...]
    needs: tuple[NeedValue, ...]
    bands: tuple[BandValue, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that have needs, in the order in which their places stand."""
        named = {need.layer for need in self.needs}
        return tuple(layer for layer in dict.fromkeys(place.layer for place in self.places) if layer in named)

    def place(self) -> dict[tuple[str, str], PlaceValue]:
        """Places by layer and code."""
        return {(place.layer, place.code): place for place in self.places}
