"""Who is asking."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from listening.fieldwork.models import User


def person_of(request: Request | HttpRequest) -> User:
    """The person who signed in; the view's policy has let nobody else through."""
    if not isinstance(request.user, User):
        raise TypeError("A view that asks for the person must be for people who are signed in.")
    return request.user
