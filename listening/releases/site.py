"""A release as a folder that any web server or object store can serve: its files, a page, a catalogue and a feed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from listening.releases.bulk.texts import canonical_json
from listening.releases.catalogue import catalogue
from listening.releases.editions import listed_editions
from listening.releases.feed import feed
from listening.releases.files import holding, open_file
from listening.releases.licences import licence_url
from listening.releases.models import ReleaseFile, ReleaseTheme


class NotEmpty(RuntimeError):
    """The folder holds something already; nothing was written."""


class Damaged(RuntimeError):
    """A file on this machine is not the one that was published."""


def export_release(code: str, folder: Path, *, base_url: str = "") -> int:
    """Write the site of a release into a new or empty folder; returns how many files.

    `base_url` is where it will be served, with a slash at its end; without one, addresses are relative.
    Raises NoRelease, ReleaseWithdrawn, NotEmpty; Damaged when a checksum is not that of the tables.
    """
    release = holding(code)
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty.")
    folder.mkdir(parents=True, exist_ok=True)
    names = list(ReleaseFile.objects.filter(release=release).order_by("name").values_list("name", flat=True))
    for name in names:
        _copy(code, name, folder)
    (edition,) = listed_editions([release])
    base_url = base_url and f"{base_url.rstrip('/')}/"
    folders = {code: "" if base_url else "./"}
    told = catalogue(
        [edition], base_url=base_url, folders=folders, city=settings.CITY_NAME, languages=[settings.LANGUAGE_CODE]
    )
    (folder / "catalogue.jsonld").write_bytes(canonical_json(told))
    (folder / "feed.xml").write_bytes(
        feed([edition], base_url=base_url, feed_url=f"{base_url}feed.xml", folders=folders, city=settings.CITY_NAME)
    )
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string(
            "releases/site.html",
            {
                "release": release,
                "edition": edition,
                "city": settings.CITY_NAME,
                "licence_url": licence_url(release.licence),
                "themes": list(ReleaseTheme.objects.filter(release=release).order_by("position")),
                "demo": settings.DEMO,
            },
        )
    (folder / "index.html").write_text(page, encoding="utf-8")
    return len(names) + 3


def _copy(code: str, name: str, folder: Path) -> None:
    told = open_file(code, name)
    with told.file, (folder / name).open("wb") as copy:
        shutil.copyfileobj(told.file, copy)
    with (folder / name).open("rb") as copy_read:
        found = hashlib.file_digest(copy_read, "sha256").hexdigest()
    if found != told.sha256:
        raise Damaged(f"{name} of {code} has the checksum {found}; {told.sha256} was published.")
