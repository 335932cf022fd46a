"""Questions about records. Who may see what is said in `visible_to` and nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.contrib.gis.geos import Polygon
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, TextField, Value

from backend.periods import Period

if TYPE_CHECKING:
    from districts.models import District
    from listening.codelists.models import Theme
    from listening.fieldwork.models import User
    from listening.records.models import Conversation, Finding, Tombstone


class Fold(Func):
    """SQL records_fold(text): without accents and case, the form in which text is searched."""

    function = "records_fold"
    arity = 1
    output_field = TextField()


class PlacedIn(Func):
    """True when a count stored under a district belongs to another district of a coarser layer, or to itself."""

    template = "EXISTS (SELECT FROM districts_placement p WHERE p.source_id = %(expressions)s)"
    arg_joiner = " AND p.district_id = "
    arity = 2
    output_field = models.BooleanField()


Records = TypeVar("Records", bound="models.QuerySet[Any]")


def readable_by(records: Records, user: User) -> Records:
    """The one rule of who reads which records, for every row that names its listener.

    Listeners read their own, coordinators and administrators all. Planners and stewards work with counts; what one
    person said is not theirs to read.
    """
    match user.role:
        case "coordinator" | "admin":
            return records.all()
        case "listener":
            return records.filter(listener=user)
        case _:
            return records.none()


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        """Conversations a person may read."""
        return readable_by(self, user)

    def counted(self) -> Self:
        """Conversations that may enter statistics."""
        return self.filter(is_test=False, may_be_counted=True)

    def held_in(self, district: District) -> Self:
        """Conversations that count in a district of any layer, directly or through a district inside it."""
        return self.filter(PlacedIn(F("district_id"), Value(district.pk)))

    def held_during(self, period: Period) -> Self:
        return self.filter(occurred_on__gte=period.first, occurred_on__lt=period.until)

    def meeting(self, bbox: Polygon) -> Self:
        """Conversations whose point lies in a box (EPSG:4326)."""
        return self.filter(location__bboverlaps=bbox, location__intersects=bbox)

    def hearing(self, *, theme: Theme | None = None, kind: str | None = None) -> Self:
        """Conversations in which one finding has the theme (or one below it) and the kind."""
        from listening.records.models import Finding, FindingTheme

        heard = Finding.objects.filter(conversation=OuterRef("pk"))
        if kind is not None:
            heard = heard.filter(kind=kind)
        if theme is not None:
            heard = heard.filter(
                Exists(FindingTheme.objects.filter(Q(theme=theme) | Q(theme__parent=theme), finding=OuterRef("pk")))
            )
        return self.filter(Exists(heard))

    def saying(self, text: str) -> Self:
        """Conversations whose summary or findings hold a text, whatever its accents and case."""
        from listening.records.models import Finding

        folded = Fold(Value(text))
        heard = Finding.objects.alias(folded=Fold("text")).filter(folded__contains=folded)
        # Two index look-ups joined by ids; an OR over both tables would read each row.
        return self.alias(folded=Fold("summary")).filter(
            Q(pk__in=heard.values("conversation_id")) | Q(folded__contains=folded)
        )

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")

    def after(self, occurred_at: dt.datetime, pk: UUID) -> Self:
        """What follows a record in the order of `newest_first` (keyset paging)."""
        # The first condition alone is enough for the index to start in the right place.
        return self.filter(
            Q(occurred_at__lt=occurred_at) | Q(occurred_at=occurred_at, pk__lt=pk), occurred_at__lte=occurred_at
        )


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, user: User) -> Self:
        """Findings of the conversations a person may read."""
        from listening.records.models import Conversation

        return self.filter(conversation__in=Conversation.objects.visible_to(user))


class TombstoneQuerySet(models.QuerySet["Tombstone"]):
    def visible_to(self, user: User) -> Self:
        """Tombstones of conversations that were a person's to read."""
        return readable_by(self, user)
