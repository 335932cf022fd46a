"""Questions about notices and withdrawals."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from listening.consent.models import Notice, Withdrawal


class NoticeQuerySet(models.QuerySet["Notice"]):
    def current(self) -> Self:
        """The version that was loaded last, in all its languages."""
        newest = self.order_by("-loaded_at", "-version").values("version")[:1]
        return self.filter(version__in=newest)


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def open(self) -> Self:
        """Those whose conversation is here, and so is to be deleted; who asked first comes first."""
        from listening.consent.models import Receipt

        return self.filter(Exists(Receipt.objects.filter(digest=OuterRef("digest")))).order_by("asked_at")

    def due(self, now: dt.datetime) -> Self:
        """The same, without those that failed and are put off."""
        return self.open().filter(Q(try_again_at=None) | Q(try_again_at__lte=now))

    def failing(self) -> Self:
        """Those that were tried more than once, or are known to have failed."""
        return self.open().filter(Q(attempts__gt=1) | ~Q(failed_as=""))
