"""In which boundaries a need map is drawn: those of today, or those that held until some day."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from backend import clock
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, Layer
from listening.fieldwork.scope import Reach


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Editions that hold, or held, together: one of each layer, fine to coarse. `epoch`: where they are counted."""

    editions: tuple[BoundaryEdition, ...]
    epoch: int | None = None


def boundaries_of_today() -> Boundaries:
    """The boundaries that hold today. One query.

    While records move into an edition that just came into force, it is read from the epoch in which it was prepared.
    """
    held = BoundaryEdition.objects.valid_on(clock.today()).select_related("layer")
    editions = _sorted(held.annotate(epoch=RawSQL("(SELECT epoch_id FROM rollups_today)", ())))
    return Boundaries(editions, getattr(editions[0], "epoch", None) if editions else None)


def boundaries_of(layer: Layer, code: str, reach: Reach) -> tuple[Boundaries, BoundaryEdition]:
    """The boundaries that held on the last day of an edition of a layer, and that edition. Two queries.

    Raises InvalidParameter when there is none by that code whose counts are ready; or when the person reads some
    districts only: these are districts of today, and an older one may reach beyond them.
    """
    kept = list(
        BoundaryEdition.objects.active()
        .filter(layer=layer)
        .annotate(
            epoch=RawSQL(
                "(SELECT e.id FROM rollups_epoch e WHERE e.is_ready AND e.until = districts_boundaryedition.valid_to"
                " AND districts_boundaryedition.id = ANY (e.editions))",
                (),
            ),
            beside=RawSQL(
                "(SELECT e.editions FROM rollups_epoch e WHERE e.is_ready"
                " AND e.until = districts_boundaryedition.valid_to)",
                (),
            ),
        )
    )
    asked = next((one for one in kept if one.code == code and one.epoch is not None), None)
    if asked is None or not reach.everywhere:
        today = clock.today()
        holding = [one.code for one in kept if one.valid_from <= today and (not one.valid_to or one.valid_to > today)]
        raise InvalidParameter(
            f"Your assignments read edition {code!r} of {layer.code} nowhere: older boundaries are for who reads the "
            "whole city."
            if asked is not None
            else f"Layer {layer.code!r} has no edition {code!r} that conversations are counted in.",
            parameter="edition",
            value=code,
            allowed=[*holding, *(one.code for one in kept if one.epoch is not None and reach.everywhere)],
        )
    editions = _sorted(BoundaryEdition.objects.filter(pk__in=asked.beside).select_related("layer"))
    return Boundaries(editions, asked.epoch), next(one for one in editions if one.pk == asked.pk)


def _sorted(editions: object) -> tuple[BoundaryEdition, ...]:
    return tuple(sorted(editions, key=lambda one: (one.layer.rank, one.layer.code)))  # type: ignore[call-overload]
