"""Questions about fieldwork."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from listening.fieldwork.models import Session, User


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> Self:
        """Sessions a person may read: listeners those they convened, coordinators and administrators all."""
        match user.role:
            case "coordinator" | "admin":
                return self.all()
            case "listener":
                return self.filter(convener=user)
            case _:
                return self.none()
