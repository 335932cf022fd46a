"""Texts of records with what may tell who somebody is marked or masked, as the city has set it up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from backend.db import sql
from listening.redaction.marks import Mark, Recogniser, find, mask, without


def marks_in(text: str) -> list[Mark]:
    return find(text, region=settings.PHONE_REGION, recognisers=recognisers(settings.RECOGNISERS)) if text else []


def masked(text: str) -> str:
    return mask(text, marks_in(text))


def still_saying(texts: Sequence[str], searched: str) -> list[bool]:
    """Which texts hold what is searched for in what is shown of them, whatever its accents and case. One query."""
    shown = [without(text, marks_in(text)) for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.records", "shown_saying.sql"), {"shown": shown, "searched": searched})
        return [is_shown for (is_shown,) in cursor.fetchall()]


@cache
def recognisers(paths: tuple[str, ...]) -> tuple[Recogniser, ...]:
    """What the city adds, by dotted paths. Raises ImportError, which a check tells at the start."""
    return tuple(import_string(path) for path in paths)
