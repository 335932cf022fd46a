"""Who listens where: people and their roles, bearer tokens, venues and sessions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as AuthUserManager
from django.contrib.gis.db import models
from uuid6 import uuid7

from listening.fieldwork.querysets import SessionQuerySet


class UserManager(AuthUserManager["User"]):
    """Makes people; `createsuperuser` makes an administrator."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **members: Any
    ) -> User:
        members.setdefault("role", User.Role.ADMIN)
        return super().create_superuser(username, email, password, **members)


class User(AbstractUser):
    """A person of the city's staff who signs in."""

    class Role(models.TextChoices):
        LISTENER = "listener"
        COORDINATOR = "coordinator"
        PLANNER = "planner"
        STEWARD = "steward"
        ADMIN = "admin"

    role = models.CharField(max_length=12, choices=Role, default=Role.LISTENER)

    objects: ClassVar[UserManager] = UserManager()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The role alone says who enters the administration; Django's flags follow it."""
        self.is_staff = self.is_superuser = self.role == self.Role.ADMIN
        super().save(*args, **kwargs)


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
