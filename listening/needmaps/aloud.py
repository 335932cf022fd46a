"""A need map as sentences: what one would say of it to somebody who does not see it. In English, for commands."""

from __future__ import annotations

from collections.abc import Iterator

from listening.needmaps.annotate import Annotated
from listening.needmaps.fallback import Fallback
from listening.needmaps.need import CityNeed, DistrictNeed, PlaceClaim
from listening.needmaps.trend import Change
from listening.statistics.reliability import NEVER, TOO_FEW
from listening.statistics.trends import FALLING, RISING, STABLE


def aloud(told: Annotated) -> Iterator[str]:
    """A sentence for the city, then one for each place: those that can be read by their share, then the others."""
    need_map = told.need_map
    theme = need_map.query.theme.code if need_map.query.theme else "any theme"
    city = need_map.city
    yield (
        f"In {need_map.query.period.label} people were listened to in {city.conversations:,} conversations; "
        f"{city.mentioning:,} mention {theme}{_interval(city)}."
    )
    readable = [need for need in need_map.districts if need.claim and need.claim.reliability not in {NEVER, TOO_FEW}]
    for need in sorted(readable, key=lambda one: -(_claim(one).share_eb or 0)):
        emerges = told.emerging.get(need.district_id, False)
        news = "; it emerges: far more is heard than in the four quarters before" if emerges else ""
        yield f"{need.name}: {_counted(need)}{_interval(need)}; {_changed(told.changes.get(need.district_id))}{news}."
    for need in need_map.districts:
        if need not in readable:
            yield f"{need.name}: {_too_little(need, told.fallbacks.get(need.district_id))}."


def _counted(need: CityNeed) -> str:
    return f"{need.mentioning:,} of {need.conversations:,} conversations"


def _interval(need: CityNeed) -> str:
    if need.claim is None or need.claim.share_low is None or need.claim.share_high is None or not need.conversations:
        return ""
    return f", which is {_percent(need.claim.share_low)} to {_percent(need.claim.share_high)}"


def _changed(change: Change | None) -> str:
    if change is None:
        return "there is no earlier period to compare with"
    points = f"{abs(change.difference) * 100:.0f} points"
    match change.label:
        case label if label == RISING:
            return f"rising, by {points} since {change.reference.label}"
        case label if label == FALLING:
            return f"falling, by {points} since {change.reference.label}"
        case label if label == STABLE:
            return f"about as in {change.reference.label}"
        case _:
            return f"whether it changed since {change.reference.label} cannot be said"


def _too_little(need: DistrictNeed, fallback: Fallback | None) -> str:
    nobody = "hardly anybody was listened to here, or nobody" if need.is_released else "nobody has listened here"
    heard = (
        nobody
        if need.conversations == 0
        else f"{need.conversations} {'conversation is' if need.conversations == 1 else 'conversations are'} too little"
    )
    if fallback is None:
        return heard
    around = fallback.need
    return f"{heard}; around it, in {around.name}, {_counted(around)}{_interval(around)}"


def _claim(need: DistrictNeed) -> PlaceClaim:
    assert need.claim is not None  # the readable ones alone are sorted
    return need.claim


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
