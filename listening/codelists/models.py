"""Themes: the classification of what is heard. Codes are stable, labels are translated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from backend import clock


class ThemeQuerySet(models.QuerySet["Theme"]):
    def on_offer(self) -> Self:
        """Themes that are not retired yet."""
        today = clock.local_date(clock.now())
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=today))


class Theme(models.Model):
    """One entry of the theme codelist, at most two levels deep.

    `sensitivity`: normal; restricted (coarse publication only: health, violence, legal status);
    internal (never leaves the office).
    """

    class Sensitivity(models.TextChoices):
        NORMAL = "normal"
        RESTRICTED = "restricted"
        INTERNAL = "internal"

        @classmethod
        def highest(cls, found: Iterable[str]) -> str:
            """The most sensitive of some; normal when there are none."""
            order = cls.values
            return max(found, key=order.index, default=cls.NORMAL.value)

    # A plain integer key: composite GiST indexes ignore smallint columns compared with int4 literals.
    id = models.AutoField(primary_key=True)
    code = models.SlugField(max_length=50, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    sensitivity = models.CharField(max_length=10, choices=Sensitivity, default=Sensitivity.NORMAL)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in lists.")
    retired_on = models.DateField(null=True, blank=True, help_text="From this day on it is no longer offered.")

    objects = ThemeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        constraints = [models.CheckConstraint(condition=~Q(parent=models.F("id")), name="theme_not_its_own_parent")]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Refuse a third level: counts are kept for a theme and its parent."""
        if self.parent is None:
            return
        if self.parent.parent_id is not None:
            raise ValidationError({"parent": f"{self.parent.code} has a parent itself; themes are two levels deep."})
        if self.pk and self.children.exists():
            raise ValidationError({"parent": f"{self.code} has themes below it; themes are two levels deep."})


class ThemeLabel(models.Model):
    """What a theme is called in a language."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="labels")
    language = models.CharField(max_length=35, help_text="BCP 47 tag.")
    label = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["theme", "language"], name="theme_label_per_language")]

    def __str__(self) -> str:
        return self.label
