"""Questions about places, as chainable querysets."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.contrib.gis.geos import Point, Polygon
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from districts.models import BoundaryEdition, District, Layer


class LayerQuerySet(models.QuerySet["Layer"]):
    def base(self) -> Layer:
        """The finest layer. Raises Layer.DoesNotExist before any import."""
        return self.get(rank=0)


class BoundaryEditionQuerySet(models.QuerySet["BoundaryEdition"]):
    def active(self) -> Self:
        return self.filter(status="active")

    def valid_on(self, day: dt.date) -> Self:
        """Active editions that hold on a day (at most one per layer)."""
        return self.active().filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)


class DistrictQuerySet(models.QuerySet["District"]):
    def as_of(self, edition: BoundaryEdition) -> Self:
        return self.filter(edition=edition)

    def in_layer(self, code: str) -> Self:
        return self.filter(edition__layer__code=code)

    def valid_on(self, day: dt.date) -> Self:
        """Districts of the editions that hold on a day."""
        return self.filter(
            Q(edition__valid_to__isnull=True) | Q(edition__valid_to__gt=day),
            edition__status="active",
            edition__valid_from__lte=day,
        )

    def containing(self, point: Point) -> Self:
        """Districts whose area or edge holds a point (EPSG:4326)."""
        return self.filter(geometry__covers=point)

    def meeting(self, bbox: Polygon) -> Self:
        """Districts that share at least a point with a box (EPSG:4326)."""
        return self.filter(geometry__intersects=bbox)
