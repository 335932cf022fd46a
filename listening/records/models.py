"""What people told us: conversations, the findings in them, and the tombstones of what was deleted.

Rows come into being in `listening.capture` alone. Nobody outside these two packages calls `.save()`.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from uuid6 import uuid7

from listening.codelists.models import Theme
from listening.records.querysets import ConversationQuerySet, FindingQuerySet, TombstoneQuerySet


class PlaceKind(models.TextChoices):
    """What is known of a place: exact point, named district, the city as a whole, or nothing."""

    POINT = "point"
    DISTRICT = "district"
    CITY = "city"
    NONE = "none"


def place_fits(name: str) -> models.CheckConstraint:
    """The columns of a place agree with its kind; a point outside every district has no district."""
    return models.CheckConstraint(
        name=name,
        condition=Q(place="point", location__isnull=False)
        | Q(place="district", location__isnull=True, district__isnull=False)
        | Q(place__in=["city", "none"], location__isnull=True, district__isnull=True),
    )


class Conversation(models.Model):
    """One encounter with one or more residents.

    Instants: `occurred_at` is the phone's clock, `received_at` the server's; `occurred_on` is the city's
    calendar day of `occurred_at`. Place: `place` says what the listener knew; `district` is where it counts
    (base-layer district for a point, the named district otherwise, null for whole city, none and outside).
    """

    class Channel(models.TextChoices):
        STREET = "street"
        DOOR = "door"
        VENUE_DESK = "venue_desk"
        EVENT = "event"
        PHONE = "phone"
        SMS = "sms"
        EMAIL = "email"
        PAPER = "paper"
        WEB = "web"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField(default=1)
    listener = models.ForeignKey("fieldwork.User", on_delete=models.PROTECT, related_name="conversations")
    session = models.ForeignKey(
        "fieldwork.Session", null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )
    venue = models.ForeignKey(
        "fieldwork.Venue", null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )
    occurred_at = models.DateTimeField()
    occurred_on = models.DateField()
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    channel = models.CharField(max_length=12, choices=Channel)
    language = models.CharField(max_length=35, blank=True, help_text="Language spoken, BCP 47 tag.")
    people_count = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    summary = models.TextField(blank=True)
    place = models.CharField(max_length=8, choices=PlaceKind)
    location = models.PointField(srid=4326, null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0)])
    district = models.ForeignKey(
        "districts.District", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    named_district = models.ForeignKey(
        "districts.District",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The district that was named, where boundaries have moved it since; the database forgets it "
        "when another place is named.",
    )
    is_test = models.BooleanField(default=False, help_text="A trial entry: kept, never counted.")
    may_be_counted = models.BooleanField(default=True, help_text="A legal basis for statistics is present.")
    submission_fingerprint = models.BinaryField(
        max_length=32, help_text="HMAC of the submission as it first came: a re-sent one is recognised."
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(people_count__gte=1), name="conversation_has_people"),
            place_fits("conversation_place_fits"),
            models.CheckConstraint(
                condition=Q(named_district__isnull=True) | Q(place="district"), name="conversation_named_district"
            ),
        ]
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="conversation_newest"),
            models.Index(fields=["listener", "-occurred_at", "-id"], name="conversation_of_listener"),
            models.Index(fields=["district", "-occurred_at", "-id"], name="conversation_in_district"),
            models.Index(fields=["updated_at", "id"], name="conversation_changed"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ParticipantBand(models.Model):
    """How many of the people in a conversation fall into a band of one variable; never crossed, never exact."""

    class Variable(models.TextChoices):
        AGE = "age"
        GENDER = "gender"
        TIE = "tie"
        CITIZENSHIP = "citizenship"

    BANDS = {
        Variable.AGE: ("0-13", "14-17", "18-34", "35-64", "65+", "unknown"),
        Variable.GENDER: ("female", "male", "other", "unknown"),
        Variable.TIE: ("lives", "works", "studies", "passes", "unknown"),
        Variable.CITIZENSHIP: ("it", "eu", "non_eu", "unknown"),
    }

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="bands")
    variable = models.CharField(max_length=12, choices=Variable)
    band = models.CharField(max_length=8)
    people = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "variable", "band"], name="band_once"),
            models.CheckConstraint(condition=Q(people__gte=1), name="band_has_people"),
        ]

    def __str__(self) -> str:
        return f"{self.variable} {self.band}: {self.people}"


class Consent(models.Model):
    """One purpose to which the residents of a conversation agreed; what they did not agree to has no row."""

    class Purpose(models.TextChoices):
        STATISTICS = "statistics"
        QUOTE = "quote"
        RECONTACT = "recontact"

    class Mode(models.TextChoices):
        SPOKEN = "spoken"
        WRITTEN = "written"
        GUARDIAN = "guardian"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    mode = models.CharField(max_length=8, choices=Mode)
    notice_version = models.CharField(max_length=20, help_text="What they were told.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "purpose"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.mode})"


class Finding(models.Model):
    """One thing heard in a conversation. Its own place, if any, is what it is *about*."""

    class Kind(models.TextChoices):
        NEED = "need"
        CHALLENGE = "challenge"
        PROPOSAL = "proposal"
        ASSET = "asset"
        QUESTION = "question"
        THANKS = "thanks"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="findings")
    position = models.PositiveSmallIntegerField(help_text="Order in which it was heard, from 0.")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    severity = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    shared_by = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many of the people present share it."
    )
    place = models.CharField(max_length=8, choices=PlaceKind, default=PlaceKind.NONE)
    location = models.PointField(srid=4326, null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0)])
    district = models.ForeignKey(
        "districts.District", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    themes: models.ManyToManyField[Theme, FindingTheme] = models.ManyToManyField(
        Theme, through="FindingTheme", related_name="findings"
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__range=(1, 5)), name="finding_severity_1_to_5"
            ),
            place_fits("finding_place_fits"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FindingTheme(models.Model):
    """A theme given to a finding, at capture or later by a coordinator."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE)
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "theme"], name="finding_theme_once")]
        indexes = [models.Index(fields=["theme", "finding"], name="finding_of_theme")]


class FieldVersion(models.Model):
    """The version of a conversation in which one member was changed last; members without a row are as first logged.

    `field` is a member of the conversation, or `<id of a finding>.<member>`; `<id of a finding>.id` when the finding
    was added or removed later.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="field_versions")
    field = models.CharField(max_length=80)
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "field"], name="field_version_once")]

    def __str__(self) -> str:
        return f"{self.field}: {self.version}"


class Tombstone(models.Model):
    """A conversation that was deleted: nothing of it remains but that it was here, so that it cannot return."""

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.PositiveIntegerField(help_text="One above the last version of the conversation.")
    listener = models.ForeignKey("fieldwork.User", on_delete=models.PROTECT, related_name="+")
    # Who could read the conversation may know that it is gone, and nobody else.
    district = models.ForeignKey(
        "districts.District", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    sensitivity = models.CharField(max_length=10, choices=Theme.Sensitivity, default=Theme.Sensitivity.INTERNAL)
    deleted_at = models.DateTimeField(db_index=True)
    deleted_by = models.ForeignKey(
        "fieldwork.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: the residents themselves, or because its time was over.",
    )
    written_down_at = models.DateTimeField(
        null=True, editable=False, help_text="When it came into the journal beside the database; None: not yet."
    )

    objects = TombstoneQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["deleted_at"], name="tombstone_unwritten", condition=models.Q(written_down_at=None))
        ]

    def __str__(self) -> str:
        return str(self.pk)
