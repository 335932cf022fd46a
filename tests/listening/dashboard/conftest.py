"""Pages are tested in both languages, with the catalogues as they are in the source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from django.conf import settings
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from backend.translations import read_catalogue


@pytest.fixture(scope="session", autouse=True)
def _compiled_catalogues() -> None:
    """Compile what is newer than its .mo file, so that no test reads yesterday's words."""
    for source in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            with compiled.open("wb") as file:
                write_mo(file, read_catalogue(source, source.parts[-3]))
            translation_file_changed(None, compiled)


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def arabic() -> Iterator[None]:
    with translation.override("ar"):
        yield


@pytest.fixture
def italian() -> Iterator[None]:
    with translation.override("it"):
        yield
