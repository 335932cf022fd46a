"""Questions about notices and withdrawals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from listening.consent.models import Notice, Withdrawal


class NoticeQuerySet(models.QuerySet["Notice"]):
    def current(self) -> Self:
        """The version that was loaded last, in all its languages."""
        newest = self.order_by("-loaded_at", "-version").values("version")[:1]
        return self.filter(version__in=newest)


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def due(self) -> Self:
        """Those whose conversation is here."""
        from listening.consent.models import Receipt

        return self.filter(Exists(Receipt.objects.filter(digest=OuterRef("digest"))))
