"""In which boundaries a need map is drawn: those of today, or those that held until some day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db import connection
from django.db.models.expressions import RawSQL

from backend import clock
from backend.db import sql
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, Layer
from listening.fieldwork.scope import Reach
from listening.needmaps.version import Version

MOST_KEPT: Final = 16  # per process; they are a few rows


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Editions that hold, or held, together: one of each layer, fine to coarse. `epoch`: where they are counted."""

    editions: tuple[BoundaryEdition, ...]
    epoch: int | None = None


def boundaries_of_today(version: Version | None = None) -> Boundaries:
    """The boundaries that hold today. One query; none where a version was read before under which they are kept.

    While records move into an edition that just came into force, it is read from the epoch in which it was prepared.
    """
    return _read() if version is None else _kept(version.without_counts())


@lru_cache(maxsize=MOST_KEPT)
def _kept(version: Version) -> Boundaries:
    return _read()


def _read() -> Boundaries:
    held = BoundaryEdition.objects.valid_on(clock.today()).select_related("layer")
    editions = _sorted(held.annotate(epoch=RawSQL("(SELECT epoch_id FROM rollups_today)", ())))
    # The same in each row: it comes with them, so that no map asks once more.
    return Boundaries(editions, getattr(editions[0], "epoch", None) if editions else None)


def boundaries_of(layer: Layer, code: str, reach: Reach) -> tuple[Boundaries, BoundaryEdition]:
    """The boundaries that held on the last day of an edition of a layer, and that edition. Two queries.

    Raises InvalidParameter when there is none by that code whose counts are ready; or when the person reads some
    districts only: these are districts of today, and an older one may reach beyond them.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.needmaps", "list_editions.sql"), {"layer": layer.pk})
        kept: list[tuple[str, int | None, list[int] | None]] = cursor.fetchall()
    found = next(((epoch, beside) for one, epoch, beside in kept if one == code and beside), None)
    if found is None or not reach.everywhere:
        raise InvalidParameter(
            f"Layer {layer.code!r} has no edition {code!r} that conversations are counted in."
            if found is None
            else f"Edition {code!r} of layer {layer.code!r} no longer holds: it is for people who read the whole city.",
            parameter="edition",
            value=code,
            allowed=[one for one, epoch, _ in kept if epoch is None or reach.everywhere],
        )
    epoch, beside = found
    editions = _sorted(BoundaryEdition.objects.filter(pk__in=beside).select_related("layer"))
    return Boundaries(editions, epoch), next(one for one in editions if one.code == code and one.layer_id == layer.pk)


def _sorted(editions: Iterable[BoundaryEdition]) -> tuple[BoundaryEdition, ...]:
    return tuple(sorted(editions, key=lambda one: (one.layer.rank, one.layer.code)))
