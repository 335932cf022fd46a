"""What is told of a place, or of the city: counts, and what they may claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from listening.needmaps.estimate import Estimates
from listening.statistics.reliability import FEWEST_EFFECTIVE, NEVER, TOO_FEW, Reliability

Place = tuple[int, str, str]  # id, code and name of a district
Coverage = Literal["none", "thin", "enough"]

# The same number of conversations as the effective ones that a reliable share takes.
ENOUGH_CONVERSATIONS = FEWEST_EFFECTIVE


@dataclass(frozen=True, slots=True)
class Claim:
    """What a share may claim, see `docs/explanation/need-map-statistics.md`. Ends of the interval belong to it.

    None is what a release does not tell: never how alike the conversations of a session are, and of a place with too
    little listening no interval.
    """

    share_low: float | None
    share_high: float | None
    n_eff: float | None
    deff: float | None


@dataclass(frozen=True, slots=True)
class PlaceClaim(Claim):
    """What the share of a place may claim; `share_eb` is None when nobody listened anywhere to draw it to."""

    share_eb: float | None
    local_weight: float | None
    reliability: Reliability
    location_quotient: float | None
    class_index: int


@dataclass(frozen=True, slots=True)
class CityNeed:
    """Counts of a set of conversations: held, mentioning what was asked for, mentions (findings) of it, severe ones.

    `severe`: conversations in which it was mentioned with a severity of 4 or 5. Of a release, counts are rounded,
    `mentions` and `severe` None, and the share is the one that was published.
    """

    conversations: int
    mentioning: int
    mentions: int | None
    severe: int | None = 0
    claim: Claim | None = None
    is_released: bool = False
    released_share: float | None = None

    @property
    def share(self) -> float | None:
        """mentioning / conversations, 0-1; None when nobody listened."""
        if self.is_released:
            return self.released_share
        return self.mentioning / self.conversations if self.conversations else None

    @property
    def share_severe(self) -> float | None:
        """severe / conversations, 0-1; None when nobody listened."""
        return self.severe / self.conversations if self.conversations and self.severe is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictNeed(CityNeed):
    """The counts of one district; of a release also of several that are published as one, by the codes in `merged`."""

    district_id: int
    code: str
    name: str
    merged: tuple[str, ...] = ()
    claim: PlaceClaim | None = None

    @property
    def value(self) -> float | None:
        """What a map shows: share_eb where the share may be read (A, B, C), else None."""
        if self.claim is None or self.claim.reliability in {NEVER, TOO_FEW}:
            return None
        return self.claim.share_eb

    @property
    def coverage(self) -> Coverage:
        """How much listening stands behind the share."""
        return coverage_of(self.conversations)


def coverage_of(conversations: int) -> Coverage:
    """How much listening so many conversations are."""
    if conversations == 0:
        return "none"
    return "enough" if conversations >= ENOUGH_CONVERSATIONS else "thin"


def place_claim(estimates: Estimates, place: int, theme: int = 0) -> PlaceClaim:
    """What the share of one place and theme may claim."""
    return _claims(estimates, slice(place, place + 1), theme)[0]


def place_claims(estimates: Estimates, theme: int = 0) -> list[PlaceClaim]:
    """What the share of a theme may claim in each place: all but the last line, which is what is in none of them."""
    return _claims(estimates, slice(0, -1), theme)


def _claims(estimates: Estimates, places: slice, theme: int) -> list[PlaceClaim]:
    """Column by column: to take numbers out of arrays one by one costs more than to compute them."""
    shrunk, interval = estimates.shrunk, estimates.interval
    columns = (
        interval.low, interval.high, estimates.n_eff, estimates.deff, shrunk.share, shrunk.local_weight,
        estimates.reliability, estimates.location_quotient, estimates.class_index, shrunk.is_known,
    )  # fmt: skip
    return [
        PlaceClaim(low, high, n_eff, deff, share if known else None, weight, letter, quotient if known else None, index)
        for low, high, n_eff, deff, share, weight, letter, quotient, index, known in zip(
            *(column[places, theme].tolist() for column in columns), strict=True
        )
    ]


def city_claim(estimates: Estimates, conversations: int, theme: int = 0) -> Claim:
    """What the share of all may claim."""
    deff = float(estimates.city_deff[theme])
    return Claim(
        share_low=float(estimates.city_interval.low[theme]),
        share_high=float(estimates.city_interval.high[theme]),
        n_eff=conversations / deff,
        deff=deff,
    )
