"""All comparisons of a layer in a period: they are one family, so whoever asks for one theme needs those of all.

They are kept in the process as long as nothing that they are computed from has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from districts.models import BoundaryEdition
from listening.codelists.models import Theme
from listening.fieldwork.scope import Reach
from listening.needmaps.emerging import emerging_needs
from listening.needmaps.estimate import Estimates, estimate
from listening.needmaps.grid import Compare, Counted, Grid, Windows, count_themes
from listening.needmaps.ground import Ground, ground_of
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.trend import Comparison, compare
from listening.needmaps.version import Version
from listening.statistics.emerging import EmergingNeeds

# Per process. Of 90 places and 40 themes a family takes some 3 MB, what it was counted from less than 1 MB.
MOST_KEPT: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The comparisons, and which needs emerge: None where there are no four quarters before. Not to be changed.

    `counted` holds the same wherever in the city, so that the layers above are drawn without counting again.
    """

    comparison: Comparison
    emerging: EmergingNeeds | None
    counted: Counted
    ground: Ground
    coarser: dict[int, tuple[Grid, Estimates]] = field(default_factory=dict)

    def drawn_in(self, edition: BoundaryEdition) -> tuple[Grid, Estimates]:
        """All themes in the layer of an edition above. No query; estimated when it is asked for first."""
        if edition.pk not in self.coarser:
            grid = self.counted.placed(self.ground.places[edition.pk], self.ground.lies_in[edition.pk])
            self.coarser[edition.pk] = grid, estimate(grid.now.held, grid.now.mentioning, grid.now.sums)
        return self.coarser[edition.pk]


def family_of(query: NeedMapQuery, themes: Sequence[Theme], *, by: Compare, version: Version) -> Family:
    """All themes that may be read, in all places of the query, compared. Four queries at most, none when it is kept.

    `version` is one that was read before the themes.
    """
    return _kept(replace(query, theme=None), tuple(themes), by, version)


# A reader's reach is part of the query, and what they may read are the themes: nobody meets what is kept for another.
@lru_cache(maxsize=MOST_KEPT)
def _kept(query: NeedMapQuery, themes: tuple[Theme, ...], by: Compare, version: Version) -> Family:
    windows = query.windows(by)
    for _, period in windows.named():
        query.check_counted(period)
    counted = _counted(windows, query.role, query.kind, tuple(one.pk for one in themes), query.reach, version)
    ground = ground_of([query.edition, *query.coarser], query.reach, version)
    edition = query.edition.pk
    comparison = compare(counted.placed(ground.places[edition], ground.lies_in[edition]), themes)
    return Family(comparison, emerging_needs(query, comparison), counted, ground)


@lru_cache(maxsize=MOST_KEPT)
def _counted(
    windows: Windows, role: str, kind: str | None, themes: tuple[int, ...], reach: Reach, version: Version
) -> Counted:
    """Alike for all layers."""
    return count_themes(windows, role=role, kind=kind, themes=themes, reach=reach)
