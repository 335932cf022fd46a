"""How long ago each phone was heard of, and what of it waits: so that nobody takes silence for nothing to say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend import clock
from listening.fieldwork.models import Device, User
from listening.sync.models import Clash, Contact, WaitingOp


def note_contact(person: User, device_id: UUID | None, *, pushed: bool = False, pulled: bool = False) -> None:
    """Remember when a phone, or a person without one, pushed or pulled. One statement."""
    now = clock.now()
    told = {name: now for name, is_so in (("pushed_at", pushed), ("pulled_at", pulled)) if is_so}
    Contact.objects.bulk_create(
        [Contact(person=person, device_id=device_id, **told)],
        update_conflicts=True,
        unique_fields=["person", "device_id"],
        update_fields=list(told),
    )


def fresh_phones(devices: QuerySet[Device]) -> QuerySet[Device, Any]:
    """Phones that are not revoked, with times and counts; those not heard of for longest first. One query."""
    contact = Contact.objects.filter(device_id=OuterRef("pk"))

    def waiting(why: str) -> Any:
        ops = WaitingOp.objects.filter(why=why, op__device_id=OuterRef("pk")).order_by()
        return Coalesce(Subquery(ops.values("op__device_id").annotate(n=Count("pk")).values("n")), 0)

    clashes = Clash.objects.filter(Q(settlement=""), op__device_id=OuterRef("pk")).order_by()
    return (
        devices.filter(revoked_at=None)
        .annotate(
            pushed_at=Subquery(contact.values("pushed_at")[:1]),
            pulled_at=Subquery(contact.values("pulled_at")[:1]),
            deferred=waiting(WaitingOp.Why.DEFERRED),
            quarantined=waiting(WaitingOp.Why.QUARANTINED),
            conflicts=Coalesce(Subquery(clashes.values("op__device_id").annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("last_seen_at", "pk")
        .values(
            "pk", "name", "person__username", "last_seen_at", "pushed_at", "pulled_at", "deferred", "quarantined",
            "conflicts",
        )
    )  # fmt: skip
