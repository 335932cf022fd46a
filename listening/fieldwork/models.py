"""Who listens where: people and what they may do, what they and machines sign in with, venues and sessions."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, ClassVar, Final

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as AuthUserManager
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from uuid6 import uuid7

from backend import clock
from districts.models import District
from listening.codelists.models import Theme
from listening.fieldwork.comparison import comparison_number
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.querysets import AssignmentQuerySet, DeviceQuerySet, SessionQuerySet
from listening.fieldwork.roles import ADMINISTER, COORDINATE, PUBLISH, READ_COUNTS, Role
from listening.fieldwork.scope import Scope, read_scope


class UserManager(AuthUserManager["User"]):
    """Makes people; `createsuperuser` makes an administrator."""

    use_in_migrations = False

    def create_user(self, username: str, email: str | None = None, password: str | None = None, **members: Any) -> User:
        """A person without any assignment. Django would set its two flags, which are no columns here."""
        person = self.model(username=User.normalize_username(username), email=self.normalize_email(email), **members)
        person.set_password(password)
        person.save(using=self.db)
        return person

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **members: Any
    ) -> User:
        """An administrator of the whole city."""
        person = self.create_user(username, email, password, **members)
        Assignment.objects.create(person=person, role=Role.ADMIN, clearance=Theme.Sensitivity.NORMAL)
        return person


class User(AbstractUser):
    """A person of the city's staff who signs in, or a machine of the city's that holds API keys.

    What they may do is told by their assignments and nowhere else.
    """

    # Django keeps both as columns; here they follow from the assignments, which begin and end.
    is_staff = is_superuser = property(lambda self: self.scope.has(*ADMINISTER))

    session_epoch = models.PositiveIntegerField(
        default=0, editable=False, help_text="Sessions that began in an earlier epoch are over."
    )

    objects: ClassVar[UserManager] = UserManager()

    @property
    def reads_counts(self) -> bool:
        """For pages: whether a link to the need map leads anywhere."""
        return self.scope.has(*READ_COUNTS)

    @property
    def coordinates(self) -> bool:
        """For pages: whether a link to the desk leads anywhere."""
        return self.scope.has(*COORDINATE)

    @property
    def publishes(self) -> bool:
        """For pages: whether a link to the releases leads anywhere."""
        return self.scope.reach(*PUBLISH).everywhere

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must still agree with: the password, as Django has it, and the epoch."""
        agreed = f"{self.session_epoch}:{self.password}"
        return salted_hmac("listening.fieldwork.models.User", agreed, secret, algorithm="sha256").hexdigest()

    @cached_property
    def scope(self) -> Scope:
        """What this person may do today, and where. Read once per request: a person is loaded anew for each."""
        return read_scope(self.pk) if self.is_active else Scope()


class Assignment(models.Model):
    """A role that a person has, from one day to another, in a district of any layer or in the whole city.

    The district is named by its code, so that an assignment holds when the boundaries get a new edition. While its
    layer has no such district, it reaches nowhere.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=16, choices=Role)
    layer = models.ForeignKey(
        "districts.Layer",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the whole city, also what has no district.",
    )
    district_code = models.CharField(max_length=50, blank=True, help_text="Code of a district of that layer.")
    clearance = models.CharField(
        max_length=10,
        choices=Theme.Sensitivity,
        help_text="The most sensitive themes of which the person reads what others logged.",
    )
    first_day = models.DateField(default=clock.today, help_text="In the city's calendar.")
    last_day = models.DateField(null=True, blank=True, help_text="Empty: until further notice.")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["person", "role", "first_day"]
        constraints = [
            models.CheckConstraint(
                name="assignment_names_layer_and_district",
                condition=Q(layer__isnull=True, district_code="") | Q(layer__isnull=False) & ~Q(district_code=""),
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start", condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day"))
            ),
            models.UniqueConstraint(
                name="assignment_once",
                fields=["person", "role", "layer", "district_code", "first_day"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        where = f"{self.layer.code}:{self.district_code}" if self.layer else "whole city"
        return f"{self.role}, {where}"

    def clean(self) -> None:
        """Refuse a district that its layer does not have today."""
        if (self.layer is None) != (self.district_code == ""):
            raise ValidationError("Name both the layer and the code of the district, or neither for the whole city.")
        if self.layer is not None:
            today = District.objects.valid_on(clock.today()).in_layer(self.layer.code)
            if not today.filter(code=self.district_code).exists():
                raise ValidationError(
                    {"district_code": f"{self.layer.code} has no district {self.district_code!r} today."}
                )


class ApiToken(models.Model):
    """A bearer token of a person; only its SHA-256 is kept, so it is shown once and never again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk} of user {self.user_id}"


class Invitation(models.Model):
    """A link with which a person sets a password; only the SHA-256 of its secret is kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Empty: a command on the server."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="invitation_one_open", fields=["person"], condition=Q(used_at=None)),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} of user {self.person_id}"


class EnrolmentCode(models.Model):
    """The newest code by which a person may enrol one phone: an older one is overwritten, so it is void."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="enrolment_code")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"enrolment code of person {self.person_id}"


class Device(models.Model):
    """A phone of a person: its own key, its own token, and a lease that only this key renews.

    Of a token only its HMAC is kept. `next_digest` is a replacement that was sent but not used yet: until then both
    hold. `spent_digests` are those that were replaced: whoever still uses one is not the phone, or not it alone.
    """

    IDLE: Final = dt.timedelta(days=30)
    LIFETIME: Final = dt.timedelta(days=180)
    STATES: Final = ("unconfirmed", "active", "expired", "revoked")

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=80)
    public_key = models.CharField(max_length=200, help_text="P-256, SubjectPublicKeyInfo (RFC 5480), DER in base64.")
    enrolled_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    nonce = models.CharField(max_length=43, blank=True, help_text="What the phone is to sign; empty: nothing.")
    nonce_until = models.DateTimeField(null=True)
    token_digest = models.CharField(max_length=64)
    token_issued_at = models.DateTimeField()
    next_digest = models.CharField(max_length=64, blank=True)
    next_issued_at = models.DateTimeField(null=True)
    spent_digests = ArrayField(models.CharField(max_length=64), default=list)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    misused_at = models.DateTimeField(null=True, help_text="When a token came back that had been replaced.")
    wipe_asked_at = models.DateTimeField(null=True)
    wipe_told_at = models.DateTimeField(null=True)

    objects = DeviceQuerySet.as_manager()
    # A phone that runs wild does not use up what its person may ask from elsewhere.
    has_own_allowance = True

    class Meta:
        ordering = ["-enrolled_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="device_nonce_has_an_end",
                condition=Q(nonce="", nonce_until__isnull=True) | ~Q(nonce="") & Q(nonce_until__isnull=False),
            ),
            models.CheckConstraint(
                name="device_replacement_has_a_start",
                condition=Q(next_digest="", next_issued_at__isnull=True)
                | ~Q(next_digest="") & Q(next_issued_at__isnull=False),
            ),
            models.CheckConstraint(
                name="device_wipe_told_was_asked",
                condition=Q(wipe_told_at__isnull=True) | Q(wipe_asked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def expires_at(self) -> dt.datetime:
        """When it must be enrolled anew, if nobody uses it until then."""
        return min(self.last_seen_at + self.IDLE, self.enrolled_at + self.LIFETIME)

    @property
    def state(self) -> str:
        """One of `STATES`, by now."""
        if self.revoked_at is not None:
            return "revoked"
        if clock.now() >= self.expires_at:
            return "expired"
        return "active" if self.confirmed_at is not None else "unconfirmed"

    @property
    def comparison_number(self) -> str:
        """Four digits that the phone shows, too: whoever sees the same on both confirms the phone in their hand."""
        return comparison_number(self.pk, self.public_key)


class ApiKey(models.Model):
    """What a machine signs in with: it may do what its account may do, and of this the operations of the key alone."""

    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=KeyScope))
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, help_text="From where; empty: from anywhere."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    has_own_allowance = True

    class Meta:
        verbose_name = "API key"
        constraints = [models.CheckConstraint(name="apikey_has_a_scope", condition=Q(scopes__len__gt=0))]

    def __str__(self) -> str:
        return f"key {self.pk} of {self.account}"


class Venue(models.Model):
    """A place where people are listened to: a library, market, neighbourhood house, school.

    A venue's identity is its code, not its point: two venues may share one coordinate.
    """

    class Kind(models.TextChoices):
        LIBRARY = "library"
        NEIGHBOURHOOD_HOUSE = "neighbourhood_house"
        MARKET = "market"
        SCHOOL = "school"
        PARK = "park"
        SOCIAL_CENTRE = "social_centre"
        OFFICE = "office"
        OTHER = "other"

    code = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    location = models.PointField(srid=4326, null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """An outing or event in which conversations happen: an afternoon at a market, an assembly, a walk."""

    class Kind(models.TextChoices):
        STALL = "stall"
        ASSEMBLY = "assembly"
        WORKSHOP = "workshop"
        WALK = "walk"
        DOORSTEP = "doorstep"
        DESK = "desk"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=200, blank=True)
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    convener = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("started_at")),
                name="session_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d}"
