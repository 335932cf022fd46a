"""Questions about releases: what the world may read, and what is the newest of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from listening.releases.models import Release


class ReleaseQuerySet(models.QuerySet["Release"]):
    def published(self) -> Self:
        """Those that hold: not withdrawn."""
        return self.filter(status="published")

    def latest_published(self) -> Release | None:
        """The one of the newest quarter that holds; None before the first. One query."""
        return self.published().order_by("-quarter", "-revision").first()

    def of_quarter(self, quarter: str) -> Self:
        """All revisions of a quarter, withdrawn ones too, the newest first."""
        return self.filter(quarter=quarter).order_by("-revision")

    def code_of(self, quarter: str) -> str | None:
        """The code of the release of a quarter that holds; None without one. One query."""
        return self.published().filter(quarter=quarter).values_list("code", flat=True).first()

    def newest(self) -> Release | None:
        """The last link of the chain of manifests, whatever its quarter and status. One query."""
        return self.order_by("-number").first()
