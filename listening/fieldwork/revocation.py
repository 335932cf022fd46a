"""Take phones away: at once, because every request reads them anew."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from rest_framework.request import Request

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import Device, User


@transaction.atomic
def revoke(
    devices: QuerySet[Device], *, by: User, request: Request | HttpRequest | None = None, forget: bool = False
) -> int:
    """Refuse phones from now on; with `forget`, tell each once to delete what it holds. Told again when asked again.

    A phone that is already revoked stays so since then; a wipe that was asked for is not taken back. Returns how many
    phones there were.
    """
    ids = list(devices.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    now = clock.now()
    told = {"wipe_asked_at": now, "wipe_told_at": None} if forget else {}
    Device.objects.filter(pk__in=ids).update(
        revoked_at=Coalesce("revoked_at", Value(now)),
        revoked_by=Coalesce("revoked_by", Value(by.pk)),
        **told,
    )
    record(Verb.REVOKE_DEVICE, Device, ids, by=by, request=request)
    return len(ids)
