"""Add and change venues: by administrators anywhere, by coordinators in their districts."""

from __future__ import annotations

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from backend.problems import FieldError, InvalidRequest, NotFound, PreconditionFailed
from districts.models import District
from listening.fieldwork.models import User, Venue
from listening.fieldwork.roles import COORDINATE


def venues_kept_by(person: User) -> QuerySet[Venue]:
    """Venues that a coordinator may change: those in their districts; for the whole city all."""
    reach = person.scope.reach(*COORDINATE)
    if reach.everywhere:
        return Venue.objects.all()
    around = District.objects.filter(pk__in=reach.districts, geometry__covers=OuterRef("location"))
    return Venue.objects.filter(Exists(around))


@transaction.atomic
def add_venue(*, code: str, name: str, kind: str, location: Point | None, by: User) -> Venue:
    """Store a venue. Raises InvalidRequest when its code is taken, or it lies outside the districts of `by`."""
    _check_place(location, by)
    try:
        with transaction.atomic():
            return Venue.objects.create(code=code, name=name, kind=kind, location=location)
    except IntegrityError:
        detail = f"There is a venue with the code {code!r} already; choose another."
        raise InvalidRequest(detail, errors=[FieldError(pointer="/code", code="taken", detail=detail)]) from None


@transaction.atomic
def change_venue(pk: int, *, read: str, name: str, kind: str, location: Point | None, by: User) -> Venue:
    """Change a venue; its code stays. `read`: what `state_of` told when it was read.

    Raises NotFound, PreconditionFailed, InvalidRequest.
    """
    venue = venues_kept_by(by).select_for_update().filter(pk=pk).first()
    if venue is None:
        raise NotFound("There is no such venue in your districts.")
    if state_of(venue) != read:
        raise PreconditionFailed("The venue changed since you read it; look at it again, and change that.")
    _check_place(location, by)
    venue.name, venue.kind, venue.location = name, kind, location
    venue.save(update_fields=["name", "kind", "location"])
    return venue


def state_of(venue: Venue) -> str:
    """What a venue says, as one text to compare."""
    return "\n".join([venue.name, venue.kind, venue.location.wkt if venue.location else ""])


def _check_place(location: Point | None, by: User) -> None:
    """Raises InvalidRequest where `by` coordinates nothing."""
    reach = by.scope.reach(*COORDINATE)
    if reach.everywhere:
        return
    around = District.objects.filter(pk__in=reach.districts)
    if location is not None and around.containing(location).exists():
        return
    said = "without a point" if location is None else f"{location.y:g}, {location.x:g} (latitude, longitude)"
    detail = f"{said}: give a point in one of your districts."
    raise InvalidRequest(detail, errors=[FieldError(pointer="/location", code="elsewhere", detail=detail)])
