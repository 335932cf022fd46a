"""How the bands that a register knows and those that listeners note down go together.

A register is often coarser: it knows foreign citizens where a listener notes EU and non-EU ones. Its bands are what is
compared; the listeners' bands are gathered in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from listening.records.models import ParticipantBand

UNKNOWN: Final = "unknown"
# Not a band that is noted: the language of the conversation, by its primary subtag.
LANGUAGE: Final = "language"
OTHER_LANGUAGES: Final = "other"
# One person may have several ties: nothing that residents could be divided by.
DIVIDING: Final = tuple(str(variable) for variable in ParticipantBand.BANDS if variable != ParticipantBand.Variable.TIE)
ORDERED: Final = frozenset({str(ParticipantBand.Variable.AGE)})
COARSER: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {("citizenship", "foreign"): ("eu", "non_eu")}

_AGES = re.compile(r"(\d{1,3})(?:-(\d{1,3})|\+)", re.ASCII)


class BandsDiffer(ValueError):
    """The bands of a margin are not made of those that listeners note down."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The bands of a margin in their order, and the listeners' bands in each."""

    bands: tuple[str, ...]
    noted: tuple[tuple[str, ...], ...]

    def pairs(self) -> Iterable[tuple[str, str]]:
        """(band of listeners, band of the margin)."""
        return ((one, band) for band, within in zip(self.bands, self.noted, strict=True) for one in within)


def noted_bands(variable: str) -> Matched:
    """The bands that listeners note down, as they are; none of a variable that they do not note."""
    noted = () if variable not in DIVIDING else ParticipantBand.BANDS[ParticipantBand.Variable(variable)]
    told = tuple(band for band in noted if band != UNKNOWN)
    return Matched(told, tuple((band,) for band in told))


def match(variable: str, bands: Iterable[str]) -> Matched:
    """Match the bands of a margin. Raises BandsDiffer, naming the bands."""
    told = sorted(bands)
    if variable == LANGUAGE:
        ordered = tuple(sorted(told, key=lambda band: (band == OTHER_LANGUAGES, band)))
        return Matched(ordered, tuple((band,) for band in ordered))
    if variable not in DIVIDING:
        raise BandsDiffer(f"{variable} is not noted down; known are {', '.join((*DIVIDING, LANGUAGE))}.")
    noted = list(noted_bands(variable).bands)
    within = {band: tuple(one for one in noted if _lies_in(variable, one, band)) for band in told}
    strange = [band for band in told if not within[band] or any(_cuts(variable, band, one) for one in noted)]
    if strange:
        raise BandsDiffer(
            f"{variable} {', '.join(strange)} is not made of bands that listeners note down: {', '.join(noted)}."
        )
    twice = [one for one in noted if sum(one in held for held in within.values()) > 1]
    if twice:
        raise BandsDiffer(f"{variable} {', '.join(twice)} lies in several bands of the margin: {', '.join(told)}.")
    ordered = tuple(sorted(told, key=lambda band: noted.index(within[band][0])))
    return Matched(ordered, tuple(within[band] for band in ordered))


def _lies_in(variable: str, noted: str, band: str) -> bool:
    if variable in ORDERED and (ages := _ages(band)) and (own := _ages(noted)):
        return ages[0] <= own[0] and own[1] <= ages[1]
    return noted == band or noted in COARSER.get((variable, band), ())


def _cuts(variable: str, band: str, noted: str) -> bool:
    """Whether a band holds a part of the listeners' band and not all: whom to count there is not known."""
    if variable not in ORDERED or not (ages := _ages(band)) or not (own := _ages(noted)):
        return False
    return ages[0] <= own[1] and own[0] <= ages[1] and not _lies_in(variable, noted, band)


def _ages(band: str) -> tuple[float, float] | None:
    """The first and the last year of age of a band as 14-17 or 65+; None when it is written otherwise."""
    told = _AGES.fullmatch(band)
    if told is None:
        return None
    return float(told[1]), float(told[2]) if told[2] else float("inf")
