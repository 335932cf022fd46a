"""Texts of records with what may tell who somebody is marked or masked, as the city has set it up."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from listening.redaction.marks import Mark, Recogniser, find, mask


def marks_in(text: str) -> list[Mark]:
    return find(text, region=settings.PHONE_REGION, recognisers=recognisers(settings.RECOGNISERS)) if text else []


def masked(text: str) -> str:
    return mask(text, marks_in(text))


@cache
def recognisers(paths: tuple[str, ...]) -> tuple[Recogniser, ...]:
    """What the city adds, by dotted paths. Raises ImportError, which a check tells at the start."""
    return tuple(import_string(path) for path in paths)
