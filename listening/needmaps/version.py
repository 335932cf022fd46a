"""The version of what a map is computed from: two answers of one version, to one question and one reader, are the same.

It is read before anything is counted. A change between the two gives an answer that is newer than its version, never an
older one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from django.db import connection

from backend import clock
from backend.db import sql
from backend.periods import Period
from listening.fieldwork.scope import Reach
from listening.needmaps.grid import COMPARISONS, Windows

ROOT: Final = Path(__file__).resolve().parents[2]
# Their code makes figures out of counts.
COMPUTING: Final = ("backend", "districts", "listening/codelists", "listening/fieldwork", "listening/needmaps",
                    "listening/releases", "listening/statistics")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """Of the counts of some days, with names, themes and boundaries; of all releases; of the day; and of the code.

    `everything` is of names, themes and boundaries, without the counts. `day` is that of Django and of the database:
    which boundaries hold, and which quarter is open, turns with it.
    """

    counts: int
    everything: int
    releases: int
    day: tuple[dt.date, dt.date]
    code: str

    def without_counts(self) -> Version:
        """The version of what no conversation changes: what is kept by it outlives one that is logged."""
        return replace(self, counts=0)


def read_version(period: Period | None, reach: Reach, *, published: bool = True) -> Version:
    """The version of a period and of those that it is compared with, within a reach; without one, of all days.

    `published` is whether it changes with what is counted in quarters that were published; not for whoever gets these
    as they were published, who would learn that something came late. One query.
    """
    first, until = dt.date(1, 1, 1), dt.date.max
    if period is not None:
        read = [one for by in COMPARISONS for _, one in Windows.of(period, by).named()]
        first, until = min(one.first for one in read), max(one.until for one in read)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "read_version.sql"),
            {"first": first, "until": until, "districts": reach.as_list(), "published": published},
        )
        counts, everything, releases, day = cursor.fetchone()
    return Version(counts, everything, releases, (clock.today(), day), code_version())


@cache
def code_version() -> str:
    """A digest of the code that figures are computed with: another one after an upgrade that touches it."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in COMPUTING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".sql"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()
