"""The public record: what the world may read, as it was published.

Knows nothing of conversations. Rows come into being in one transaction (`listening.publishing`), the row of the
release last: it seals all others. From then on the database refuses every change of them but one: a release can be
withdrawn, once.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q

from districts.models import District
from listening.releases.querysets import ReleaseQuerySet


class Release(models.Model):
    """One quarter as it was published; a correction is another revision of the quarter.

    `manifest` names the versions that went in and the checksum of each file; its own checksum is `manifest_sha256`, and
    it holds that of the release before: who keeps one link can check all earlier ones.
    """

    class Status(models.TextChoices):
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    code = models.CharField(primary_key=True, max_length=20, help_text="2026-Q2-r1: quarter and revision.")
    number = models.PositiveIntegerField(
        unique=True, help_text="Place in the chain of manifests, from 1, without gaps."
    )
    quarter = models.CharField(max_length=7)
    revision = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)
    correction = models.TextField(blank=True, help_text="What this revision corrects; empty for the first one.")
    licence = models.CharField(max_length=200)
    scheme = models.CharField(max_length=20, help_text="Scheme of disclosure control: scr1.")
    rounding_base = models.PositiveSmallIntegerField()
    key_id = models.CharField(max_length=16, help_text="Which key made the offsets; tells nothing of the key.")
    boundary_editions = models.JSONField(help_text='Edition of each layer: {"zona": "2021"}.')
    codelist_version = models.CharField(max_length=64, help_text="SHA-256 of the themes as they were.")
    method = models.CharField(max_length=20, help_text="Version of what derives shares from counts.")
    code_version = models.CharField(max_length=40)
    audit = models.JSONField(help_text="What the attacks on this release found.")
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="next_links")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-quarter", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["quarter", "revision"], name="release_revision_once"),
            models.UniqueConstraint(
                fields=["quarter"], condition=Q(status="published"), name="release_one_holds_per_quarter"
            ),
            models.UniqueConstraint(fields=["previous"], name="release_chain_does_not_fork", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(status="published", withdrawn_at=None, withdrawal_reason="")
                | (Q(status="withdrawn", withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
                name="release_withdrawn_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReleaseTheme(models.Model):
    """A theme as it was in a release. Internal themes never enter one."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="themes")
    code = models.CharField(max_length=50)
    parent = models.CharField(max_length=50, blank=True, help_text="Code of the theme above; empty: none.")
    labels = models.JSONField(help_text='Label per language: {"it": "Casa"}.')
    sensitivity = models.CharField(max_length=10, choices=[("normal", "Normal"), ("restricted", "Restricted")])
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["release", "position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "code"], name="release_theme_once"),
            models.CheckConstraint(
                condition=Q(sensitivity__in=["normal", "restricted"]), name="release_theme_never_internal"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReleasePlace(models.Model):
    """A place of a release with its boundary: a district, or several small ones that are published as one.

    `code` is that of the district, of merged ones that of the most populous; `merged` lists them all. `parents` names
    the places of each coarser layer that it lies in, each with the share of its residents there.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="places")
    layer = models.CharField(max_length=50)
    edition = models.CharField(max_length=50)
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=400)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    merged = ArrayField(models.CharField(max_length=50), default=list, help_text="Codes of the districts within.")
    parents = models.JSONField(default=dict, help_text='Per coarser layer: {"quartiere": {"1": 1.0}}.')
    geometry = models.MultiPolygonField(srid=4326)
    residents = models.PositiveIntegerField(null=True)
    position = models.PositiveSmallIntegerField(help_text="Order of the path within the layer.")

    class Meta:
        ordering = ["release", "layer", "position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "layer", "code"], name="release_place_once"),
            models.UniqueConstraint(fields=["release", "layer", "position"], name="release_place_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.code}"


class ReleaseCell(models.Model):
    """One published count. Grain: release x product x period x place x theme x band.

    `product`: P1 the quarter, P2 the year, P3 the year by bands. `theme` is a code, `_n` all conversations, `_persons`
    the people in them. Rows of coarser layers are sums of published values, never rounded anew.
    """

    class Product(models.TextChoices):
        P1 = "P1"
        P2 = "P2"
        P3 = "P3"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="cells")
    product = models.CharField(max_length=2, choices=Product)
    period = models.CharField(max_length=7, help_text="2026-Q2, or 2026.")
    layer = models.CharField(max_length=50)
    place = models.CharField(max_length=50)
    theme = models.CharField(max_length=50)
    variable = models.CharField(max_length=20, blank=True, help_text="What a band is of: age; empty: no bands.")
    band = models.CharField(max_length=20, blank=True)
    value = models.PositiveIntegerField()

    class Meta:
        ordering = ["release", "product", "period", "layer", "place", "theme", "variable", "band"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "product", "period", "layer", "place", "theme", "variable", "band"],
                name="release_cell_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.period} {self.layer} {self.place} {self.theme}: {self.value}"


class ReleaseNeed(models.Model):
    """The need map of a release. Grain: release x period x layer x place x theme.

    A pure function of its cells and places (`listening.releases.derive`). Shares are 0-1; null where nothing may be
    said. `reliability`: A, B, C, X (too little listening) or 0 (never listened); no value stands beside the last two.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="needs")
    period = models.CharField(max_length=7)
    layer = models.CharField(max_length=50)
    place = models.CharField(max_length=50)
    theme = models.CharField(max_length=50)
    conversations = models.PositiveIntegerField(null=True)
    mentioning = models.PositiveIntegerField(null=True)
    share = models.FloatField(null=True)
    share_low = models.FloatField(null=True)
    share_high = models.FloatField(null=True)
    share_eb = models.FloatField(null=True)
    n_eff = models.FloatField(null=True)
    reliability = models.CharField(max_length=1, null=True)
    class_index = models.PositiveSmallIntegerField(null=True)
    trend = models.CharField(max_length=10, null=True)
    trend_difference = models.FloatField(null=True)

    class Meta:
        ordering = ["release", "period", "layer", "place", "theme"]
        constraints = [
            models.UniqueConstraint(fields=["release", "period", "layer", "place", "theme"], name="release_need_once"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.layer} {self.place} {self.theme}"


class ReleaseBand(models.Model):
    """People met of one band beside residents. Grain: release x period x layer x place x variable x band.

    A pure function of its cells and of residents (`listening.releases.represent`). `ratio`: share / reference share;
    `reason`: why a variable has none in a place. Of the band `unknown` people alone are told.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="bands")
    period = models.CharField(max_length=7)
    layer = models.CharField(max_length=50)
    place = models.CharField(max_length=50)
    variable = models.CharField(max_length=20)
    band = models.CharField(max_length=20)
    people = models.PositiveIntegerField()
    share = models.FloatField(null=True, help_text="Of the people whose band is known, 0-1.")
    n_eff = models.FloatField(null=True)
    residents = models.PositiveIntegerField(null=True)
    reference_share = models.FloatField(null=True, help_text="Of the residents, 0-1.")
    ratio = models.FloatField(null=True)
    ratio_low = models.FloatField(null=True)
    ratio_high = models.FloatField(null=True)
    flag = models.CharField(max_length=5, null=True)
    reason = models.CharField(max_length=20, null=True)
    reference_year = models.PositiveSmallIntegerField(null=True)
    source = models.CharField(max_length=200, blank=True, help_text="Of the residents.")

    class Meta:
        ordering = ["release", "period", "layer", "place", "variable", "band"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "period", "layer", "place", "variable", "band"], name="release_band_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.layer} {self.place} {self.variable} {self.band}: {self.people}"


class ReleaseFile(models.Model):
    """A file of a release, under the folder of its code."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=100)
    media_type = models.CharField(max_length=100)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    is_canonical = models.BooleanField(help_text="Made anew from the same inputs it has the same bytes, anywhere.")

    class Meta:
        ordering = ["release", "name"]
        constraints = [models.UniqueConstraint(fields=["release", "name"], name="release_file_once")]

    def __str__(self) -> str:
        return self.name
