"""What a submission must satisfy, whoever brings it. Pure: values in, mistakes out."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

from listening.capture.submission import Place, Submission
from listening.records.models import Consent, Conversation, Finding, ParticipantBand, PlaceKind

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# Phone clocks are off by minutes; what lies further ahead was typed wrongly.
CLOCK_TOLERANCE = dt.timedelta(minutes=5)
MOST_PEOPLE = 500
MOST_FINDINGS = 100
MOST_THEMES = 10
LONGEST_TEXT = 10_000  # characters
# Bands of people for whom somebody else decides what may be quoted, and whether they are called.
MINORS = {"0-13", "14-17"}
BANDS: dict[str, tuple[str, ...]] = {str(variable): bands for variable, bands in ParticipantBand.BANDS.items()}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong: where (JSON pointer into the submission), a stable code, and a sentence."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The box around the city with a margin, in degrees of EPSG:4326: what lies outside it is a mistake."""

    minx: float
    miny: float
    maxx: float
    maxy: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.minx <= lon <= self.maxx and self.miny <= lat <= self.maxy


def mistakes(submission: Submission, *, received_at: dt.datetime, envelope: Envelope | None) -> Iterator[Mistake]:
    """Everything that is wrong with a submission, not only the first thing.

    `received_at` is the server's clock; `envelope` is None before any districts were imported.
    """
    yield from _time(submission.occurred_at, received_at)
    yield from _choice("/channel", submission.channel, Conversation.Channel.values)
    if not 1 <= submission.people_count <= MOST_PEOPLE:
        yield Mistake(
            "/people_count", "out-of-range", f"{submission.people_count} people: give a number from 1 to {MOST_PEOPLE}."
        )
    yield from _text("/summary", submission.summary)
    yield from _bands(submission)
    yield from _consents(submission)
    yield from _place("/place", submission.place, envelope)
    if len(submission.findings) > MOST_FINDINGS:
        yield Mistake("/findings", "too-many", f"{len(submission.findings)} findings: at most {MOST_FINDINGS} fit.")
    seen = set()
    for index, finding in enumerate(submission.findings):
        at = f"/findings/{index}"
        if finding.id in seen:
            yield Mistake(f"{at}/id", "duplicate", f"{finding.id} is the id of another finding of this conversation.")
        seen.add(finding.id)
        yield from _choice(f"{at}/kind", finding.kind, Finding.Kind.values)
        yield from _text(f"{at}/text", finding.text)
        if len(finding.themes) > MOST_THEMES:
            yield Mistake(f"{at}/themes", "too-many", f"{len(finding.themes)} themes: at most {MOST_THEMES} fit.")
        if finding.severity is not None and not 1 <= finding.severity <= 5:
            yield Mistake(f"{at}/severity", "out-of-range", f"{finding.severity}: severity goes from 1 to 5.")
        if finding.shared_by is not None and not 0 <= finding.shared_by <= submission.people_count:
            yield Mistake(
                f"{at}/shared_by",
                "out-of-range",
                f"{finding.shared_by} share it, of {submission.people_count} people in the conversation.",
            )
        yield from _place(f"{at}/place", finding.place, envelope)


def _time(occurred_at: dt.datetime, received_at: dt.datetime) -> Iterator[Mistake]:
    if occurred_at < EARLIEST:
        yield Mistake("/occurred_at", "too-early", f"{occurred_at.isoformat()} is before the year 2000.")
    elif occurred_at > received_at + CLOCK_TOLERANCE:
        yield Mistake(
            "/occurred_at",
            "in-the-future",
            f"{occurred_at.isoformat()} is after the server's time {received_at.isoformat(timespec='seconds')}; "
            "check the clock and the time zone of the device.",
        )


def _choice(pointer: str, value: str, allowed: list[str]) -> Iterator[Mistake]:
    if value not in allowed:
        yield Mistake(pointer, "unknown", f"{value!r} is not one of {', '.join(allowed)}.")


def _text(pointer: str, text: str) -> Iterator[Mistake]:
    if len(text) > LONGEST_TEXT:
        yield Mistake(pointer, "too-long", f"{len(text)} characters: at most {LONGEST_TEXT} fit.")


def _bands(submission: Submission) -> Iterator[Mistake]:
    people: dict[str, int] = {}
    for band in submission.bands:
        at = f"/bands/{band.variable}/{band.band}"
        allowed = BANDS.get(band.variable)
        if allowed is None:
            yield Mistake(f"/bands/{band.variable}", "unknown", f"{band.variable!r} is not one of {', '.join(BANDS)}.")
        elif band.band not in allowed:
            yield Mistake(at, "unknown", f"{band.band!r} is not one of {', '.join(allowed)}.")
        elif band.people < 1:
            yield Mistake(at, "out-of-range", f"{band.people} people: leave the band out or give at least 1.")
        people[band.variable] = people.get(band.variable, 0) + band.people
    for variable, total in people.items():
        # Several ties fit one person (lives and works here), ages, genders and citizenships do not.
        if total > submission.people_count and variable != ParticipantBand.Variable.TIE:
            yield Mistake(
                f"/bands/{variable}",
                "too-many",
                f"the {variable} bands add up to {total}, but the conversation had {submission.people_count} people.",
            )


def _consents(submission: Submission) -> Iterator[Mistake]:
    ages = [band for band in submission.bands if band.variable == ParticipantBand.Variable.AGE]
    minors = sum(band.people for band in ages if band.band in MINORS)
    seen = set()
    for index, agreed in enumerate(submission.consents):
        at = f"/consents/{index}"
        yield from _choice(f"{at}/purpose", agreed.purpose, Consent.Purpose.values)
        yield from _choice(f"{at}/mode", agreed.mode, Consent.Mode.values)
        if agreed.purpose in seen:
            yield Mistake(f"{at}/purpose", "duplicate", f"{agreed.purpose!r} is listed before.")
        seen.add(agreed.purpose)
        if minors >= submission.people_count and agreed.mode != Consent.Mode.GUARDIAN:
            yield Mistake(
                f"{at}/mode", "guardian-needed", "All who spoke are minors: a guardian agrees for them, or nobody does."
            )


def _place(pointer: str, place: Place, envelope: Envelope | None) -> Iterator[Mistake]:
    yield from _choice(f"{pointer}/kind", place.kind, PlaceKind.values)
    has_point = place.lon is not None and place.lat is not None
    if has_point != (place.kind == "point"):
        yield Mistake(f"{pointer}/point", "mismatch", f"kind {place.kind!r} and the point do not go together.")
    if (place.district_id is not None) != (place.kind == "district"):
        yield Mistake(f"{pointer}/code", "mismatch", f"kind {place.kind!r} and the district do not go together.")
    if place.accuracy_m is not None and not (math.isfinite(place.accuracy_m) and place.accuracy_m >= 0):
        yield Mistake(f"{pointer}/accuracy_m", "out-of-range", f"{place.accuracy_m}: give metres, 0 or more.")
    if place.lon is None or place.lat is None:
        return
    if not (math.isfinite(place.lon) and math.isfinite(place.lat)):
        yield Mistake(f"{pointer}/point", "not-finite", f"[{place.lon}, {place.lat}] is not a place on earth.")
    elif envelope is not None and not envelope.holds(place.lon, place.lat):
        swapped = envelope.holds(place.lat, place.lon)
        yield Mistake(
            f"{pointer}/point",
            "swapped" if swapped else "far-away",
            f"[{place.lon}, {place.lat}] "
            + (
                "has latitude first: write longitude, then latitude."
                if swapped
                else f"lies more than 5 km outside the city, which spans longitude {envelope.minx:.3f} to "
                f"{envelope.maxx:.3f} and latitude {envelope.miny:.3f} to {envelope.maxy:.3f} with that margin."
            ),
        )
