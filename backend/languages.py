"""Names that come as data in several languages: which of them a reader is told."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings


def name_in(language: str, names: Mapping[str, str], otherwise: str) -> str:
    """The name in a language, else in the city's own, else in any; `otherwise` where there is none at all."""
    return names.get(language) or names.get(settings.LANGUAGE_CODE) or next(iter(names.values()), otherwise)
