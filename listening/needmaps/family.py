"""All comparisons of a layer in a period: they are one family, so whoever asks for one theme needs those of all.

They are kept in the process as long as nothing that they are computed from has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from listening.codelists.models import Theme
from listening.needmaps.emerging import emerging_needs
from listening.needmaps.grid import Compare
from listening.needmaps.need import Place
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.trend import Comparison, compare
from listening.needmaps.version import Version
from listening.statistics.emerging import EmergingNeeds

MOST_KEPT: Final = 16  # per process; one of 90 places and 40 themes takes some 2 MB


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The comparisons, and which needs emerge: None where there are no four quarters before. Not to be changed."""

    comparison: Comparison
    emerging: EmergingNeeds | None


def family_of(
    query: NeedMapQuery, places: Sequence[Place], themes: Sequence[Theme], *, by: Compare, version: Version
) -> Family:
    """All themes that may be read, in all places of the query, compared. Two queries at most, none when it is kept.

    `version` is one that was read before the places and the themes.
    """
    return _kept(replace(query, theme=None), tuple(places), tuple(themes), by, version)


# A reader's reach is part of the query, and what they may read are the themes: nobody meets what is kept for another.
@lru_cache(maxsize=MOST_KEPT)
def _kept(
    query: NeedMapQuery, places: tuple[Place, ...], themes: tuple[Theme, ...], by: Compare, version: Version
) -> Family:
    comparison = compare(query, places, themes, by=by)
    return Family(comparison, emerging_needs(query, comparison))
