"""Where: layers, boundary editions, districts and what lies inside what.

The only owner of geography. Knows nothing of listening. All geometry is WGS 84 longitude/latitude
(EPSG:4326); areas are measured on the ellipsoid, in km2.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Func, Q

from backend.languages import name_in
from districts.names import normalise
from districts.querysets import BoundaryEditionQuerySet, DistrictQuerySet, LayerQuerySet

# Codes sort as people count: "2" before "10". Made in the first migration (ICU, numeric ordering).
NATURAL_ORDER = "natural_order"


class DateRange(Func):
    """SQL daterange(from, to): half open, an empty `to` means "until further notice"."""

    function = "daterange"
    output_field = DateRangeField()


class Layer(models.Model):
    """One level or partition of the city: quartiere, zona, area statistica, zona di prossimita.

    `rank` orders layers from fine to coarse: 0 is the base layer, to which records are assigned; two
    layers of one rank are parallel partitions and never parents of each other.
    """

    code = models.SlugField(max_length=50, unique=True)
    rank = models.PositiveSmallIntegerField(
        help_text="0 = base layer; a layer of higher rank is a parent of those below it."
    )
    names = models.JSONField(help_text='Display name per language, e.g. {"it": "Zona", "en": "Zone"}.')
    is_default = models.BooleanField(
        default=False, help_text="The layer that maps and lists show when none is asked for."
    )

    objects = LayerQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["rank"],
                condition=Q(rank=0),
                name="layer_one_base",
                violation_error_message="There is a base layer already.",
            ),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="layer_one_default"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_base(self) -> bool:
        return self.rank == 0

    def name_in(self, language: str) -> str:
        """The name in a language, else in the city's, else in any we have, else the code."""
        return name_in(language, self.names, self.code)


class BoundaryEdition(models.Model):
    """A dated set of boundaries of one layer, activated as a whole.

    `valid_from` is the first day on which it holds, `valid_to` the first day on which it no longer does
    (null: until further notice). Active editions of a layer never overlap in time.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"

    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="editions")
    code = models.SlugField(max_length=50, help_text="Name of the edition within its layer, e.g. 2021.")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    is_schematic = models.BooleanField(
        default=False, help_text="Drawn from figures, not surveyed: every picture of it says so."
    )
    source = models.TextField(help_text="Who published the boundaries, and where they come from.")
    licence = models.CharField(max_length=200)
    checksum = models.CharField(
        max_length=64, help_text="SHA-256 of what was imported: the same file and mapping change nothing."
    )
    imported_at = models.DateTimeField()

    objects = BoundaryEditionQuerySet.as_manager()

    class Meta:
        ordering = ["layer", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["layer", "code"], name="edition_code_in_layer"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")), name="edition_valid_dates"
            ),
            ExclusionConstraint(
                name="edition_no_overlap",
                expressions=[
                    ("layer", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status="active"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id}:{self.code}"


class District(models.Model):
    """One place of one layer in one boundary edition."""

    edition = models.ForeignKey(BoundaryEdition, on_delete=models.CASCADE, related_name="districts")
    code = models.CharField(
        max_length=50, db_collation=NATURAL_ORDER, help_text="Official code, unique in its edition."
    )
    name = models.CharField(max_length=200, help_text="Official name, in the city's first language.")
    geometry = models.MultiPolygonField(srid=4326)
    point_on_surface = models.PointField(srid=4326, help_text="A point that always lies inside.")
    area_km2 = models.FloatField(validators=[MinValueValidator(0)])
    exclude_from_rates = models.BooleanField(
        default=False, help_text="Too few residents for per-head rates (hospital, fair, rail yard)."
    )
    parents: models.ManyToManyField[District, Membership] = models.ManyToManyField(
        "self", through="Membership", symmetrical=False, related_name="children"
    )

    objects = DistrictQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "code"]
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="district_code_in_edition")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Membership(models.Model):
    """A district of one layer inside a district of another, with the share of it that lies there.

    Shares are fractions of the *child*, 0-1. `is_main` marks the parent with the largest share of area
    in the parent's layer (ties: lowest code): whole counts go there, so that nothing is counted twice.
    """

    child = models.ForeignKey(District, on_delete=models.CASCADE, related_name="memberships")
    parent = models.ForeignKey(District, on_delete=models.CASCADE, related_name="member_districts")
    share_of_area = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    share_of_population = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    is_main = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="membership_once"),
            models.CheckConstraint(condition=~Q(child=models.F("parent")), name="membership_of_another"),
        ]
        indexes = [models.Index(fields=["parent", "child"], name="membership_by_parent")]

    def __str__(self) -> str:
        return f"{self.child_id} in {self.parent_id}"


class Crosswalk(models.Model):
    """How much of a district lies in a district of another edition of its layer; kept both ways, forward and back.

    Shares of area are fractions of the *source*, 0-1. `is_main` marks the one with the largest share (ties: the same
    code, then the lowest): whole counts go there. Areas decide, for they never change; figures of residents do.
    """

    source = models.ForeignKey(District, on_delete=models.CASCADE, related_name="successors")
    target = models.ForeignKey(District, on_delete=models.CASCADE, related_name="+")
    share_of_area = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    is_main = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="crosswalk_once"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="crosswalk_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} to {self.target_id}"


class DistrictName(models.Model):
    """A name by which people call a district, in a language, official or alias.

    `normalised` is the form that is compared: unaccented, lower case, punctuation as single spaces,
    see `districts.names.normalise`.
    """

    class Kind(models.TextChoices):
        OFFICIAL = "official"
        ALIAS = "alias"

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(max_length=35, help_text="BCP 47 tag.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OFFICIAL)
    name = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200, editable=False, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "language", "name"], name="district_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalised = normalise(self.name)
        super().save(*args, **kwargs)


class ReferenceMargin(models.Model):
    """Residents of a district in one band of one variable, in a year, according to a source.

    A margin is all rows of a district, variable, year and source; a band in which nobody lives has a row with 0, so
    that a band without a row is one that the source does not know. What the bands mean to listening is not known here.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="margins")
    variable = models.SlugField(max_length=20, db_index=False, help_text="What residents are told apart by, e.g. age.")
    band = models.CharField(max_length=20, help_text="E.g. 65+.")
    year = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "variable", "year", "source", "band"], name="margin_once"),
        ]

    def __str__(self) -> str:
        return f"{self.district_id} {self.variable} {self.band} {self.year}: {self.people}"


class Population(models.Model):
    """Residents of a district in a year, according to a source."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="populations")
    year = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)
    residents = models.PositiveIntegerField()
    exclude_from_rates = models.BooleanField(default=False, help_text="This figure must not be a denominator.")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "year", "source"], name="population_once"),
        ]

    def __str__(self) -> str:
        return f"{self.district_id} {self.year}: {self.residents}"
