"""Questions about records. Who may see what is said in `visible_to` and nowhere else."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.contrib.gis.geos import Polygon
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery, TextField, Value

from backend.periods import Period
from listening.codelists.models import Theme
from listening.fieldwork.roles import COORDINATE, LOG, READ_CLASSIFIED
from listening.fieldwork.scope import SENSITIVITIES, Reach

if TYPE_CHECKING:
    from districts.models import District
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


NOBODY = Q(pk__in=())
PAGE = 100  # records that a list shows at once, more or less


def within(reach: Reach, column: str = "district") -> Q:
    """Records stored under a district that a role reaches; everywhere, also those without one."""
    return Q() if reach.everywhere else Q(**{f"{column}__in": reach.districts})


def mentioning(path: str, sensitivities: Sequence[str]) -> Q:
    """Records of which a finding has a theme of some sensitivities, or under such a theme.

    `path`: from a theme given to a finding (FindingTheme) to the record.
    """
    from listening.records.models import FindingTheme

    if not sensitivities:
        return NOBODY
    return Q(
        Exists(
            FindingTheme.objects.filter(
                Q(theme__sensitivity__in=sensitivities) | Q(theme__parent__sensitivity__in=sensitivities),
                **{path: OuterRef("pk")},
            )
        )
    )


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        """Conversations a person may read: their own, and those of the districts they coordinate.

        A coordinator does not see a conversation in which a theme beyond their clearance was heard.
        """
        scope = user.scope
        allowed = Q(listener=user) if scope.has(*LOG) else NOBODY
        for grant in scope.of(*COORDINATE):
            hidden = grant.hidden_sensitivities
            if grant.reach.everywhere and not hidden:
                return self.all()
            allowed |= within(grant.reach) & ~mentioning("finding__conversation", hidden)
        return self.filter(allowed)

    def counted(self) -> Self:
        """Conversations that may enter statistics."""
        return self.filter(is_test=False, may_be_counted=True)

    def sensitive(self) -> Self:
        """Conversations in which a theme was heard that is not for everybody in the office."""
        return self.filter(mentioning("finding__conversation", SENSITIVITIES[1:]))

    def held_in(self, district: District) -> Self:
        """Conversations that count in a district of any layer, directly or through a district inside it."""
        return self.filter(PlacedIn(F("district_id"), Value(district.pk)))

    def held_during(self, period: Period) -> Self:
        return self.filter(occurred_on__gte=period.first, occurred_on__lt=period.until)

    def meeting(self, bbox: Polygon) -> Self:
        """Conversations whose point lies in a box (EPSG:4326)."""
        # Not with bboverlaps too: PostgreSQL multiplies how much each leaves, reads all in the box, and sorts it.
        return self.filter(location__intersects=bbox)

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

    def unclassified(self) -> Self:
        """Conversations in which a finding has no theme yet."""
        from listening.records.models import Finding, FindingTheme

        bare = ~Exists(FindingTheme.objects.filter(finding=OuterRef("pk")))
        return self.filter(Exists(Finding.objects.filter(bare, conversation=OuterRef("pk"))))

    def received_between(self, since: dt.datetime, until: dt.datetime) -> Self:
        """Conversations that arrived from one instant on and before another."""
        # What was received since then was changed since then: that column has the index.
        return self.filter(received_at__gte=since, received_at__lt=until, updated_at__gte=since)

    def saying(self, text: str) -> Self:
        """Conversations whose summary or findings hold a text, whatever its accents and case."""
        from listening.records.models import Finding

        heard = Finding.objects.saying(text)
        summed_up = Q(folded__contains=Fold(Value(text)))
        if heard.are_common():
            # Conversation by conversation, until the page is full; as EXISTS it would be read as a whole again.
            one = Subquery(heard.filter(conversation=OuterRef("pk")).values("pk")[:1])
            return self.alias(folded=Fold("summary"), heard=one).filter(Q(heard__isnull=False) | summed_up)
        # Two index look-ups joined by ids; an OR over both tables would read each row.
        told = self.model.objects.alias(folded=Fold("summary")).filter(summed_up)
        return self.filter(pk__in=heard.values("conversation_id").union(told.values("pk"), all=True))

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")

    def after(self, occurred_at: dt.datetime, pk: UUID) -> Self:
        """What follows a record in the order of `newest_first` (keyset paging)."""
        # The first condition alone is enough for the index to start in the right place.
        return self.filter(
            Q(occurred_at__lt=occurred_at) | Q(occurred_at=occurred_at, pk__lt=pk), occurred_at__lte=occurred_at
        )


class FindingQuerySet(models.QuerySet["Finding"]):
    def heard_in(self, district: District) -> Self:
        """Findings of conversations that count in a district of any layer."""
        return self.filter(PlacedIn(F("conversation__district_id"), Value(district.pk)))

    def heard_during(self, period: Period) -> Self:
        return self.filter(conversation__occurred_on__gte=period.first, conversation__occurred_on__lt=period.until)

    def about(self, theme: Theme) -> Self:
        """Findings that were given a theme, or one below it."""
        from listening.records.models import FindingTheme

        return self.filter(
            Exists(FindingTheme.objects.filter(Q(theme=theme) | Q(theme__parent=theme), finding=OuterRef("pk")))
        )

    def saying(self, text: str) -> Self:
        """Findings that hold a text, whatever its accents and case."""
        return self.alias(folded=Fold("text")).filter(folded__contains=Fold(Value(text)))

    def are_common(self) -> bool:
        """Whether a page of the newest that are so is found sooner by looking at the newest than at all that are so.

        Of N findings m are so, by what the planner expects: the one reads about N / m for each of a page, the other m.
        """
        expected, of = (
            json.loads(one.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"]
            for one in (self, self.model.objects.all())
        )
        return bool(expected**2 > PAGE * of)

    def visible_to(self, user: User) -> Self:
        """Findings a person may read: of conversations they may read, and what planners may know.

        A planner reads findings that were given themes, all within their clearance, and that may be counted; what
        nobody has classified yet may be anything.
        """
        from listening.records.models import Conversation, FindingTheme

        allowed = Q(conversation__in=Conversation.objects.visible_to(user))
        classified = Exists(FindingTheme.objects.filter(finding=OuterRef("pk")))
        for grant in user.scope.of(*READ_CLASSIFIED):
            allowed |= (
                within(grant.reach, "conversation__district")
                & Q(conversation__is_test=False, conversation__may_be_counted=True)
                & Q(classified)
                & ~mentioning("finding", grant.hidden_sensitivities)
            )
        return self.filter(allowed)


def sensitivity_of(conversation: Conversation) -> str:
    """The sensitivity of the most sensitive theme heard in a conversation, of those above it as well."""
    from listening.records.models import FindingTheme

    themes = FindingTheme.objects.filter(finding__conversation=conversation)
    return Theme.Sensitivity.highest(
        sensitivity
        for pair in themes.values_list("theme__sensitivity", "theme__parent__sensitivity").distinct()
        for sensitivity in pair
        if sensitivity is not None
    )


class TombstoneQuerySet(models.QuerySet["Tombstone"]):
    def visible_to(self, user: User) -> Self:
        """Tombstones of conversations that were a person's to read when they were deleted."""
        allowed = Q(listener=user) if user.scope.has(*LOG) else NOBODY
        for grant in user.scope.of(*COORDINATE):
            allowed |= within(grant.reach) & ~Q(sensitivity__in=grant.hidden_sensitivities)
        return self.filter(allowed)
