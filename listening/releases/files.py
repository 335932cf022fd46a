"""The files of releases on the disk: opened by what the tables say of them, never by what a caller says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from listening.releases.errors import NoRelease, ReleaseWithdrawn
from listening.releases.models import Release, ReleaseFile


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of a release that holds; the caller closes it. `sha256` of its bytes never changes: it serves as ETag."""

    file: BinaryIO
    name: str
    media_type: str
    bytes: int
    sha256: str


def folder_of(code: str) -> Path:
    """Where the files of a release lie."""
    return Path(settings.RELEASES_ROOT) / code


def holding(code: str) -> Release:
    """The release of a code. Raises NoRelease, ReleaseWithdrawn. One query, two for a withdrawn one."""
    # PostgreSQL refuses NUL in a text.
    release = Release.objects.filter(code=code).first() if "\0" not in code else None
    if release is None:
        raise NoRelease(f"There is no release {code[:30]!r}.")
    if release.status == Release.Status.WITHDRAWN:
        newer = Release.objects.published().filter(quarter=release.quarter).first()
        raise ReleaseWithdrawn(
            f"{release.code} was withdrawn: {release.withdrawal_reason}",
            release=release.code,
            reason=release.withdrawal_reason,
            replaced_by=newer.code if newer else None,
        )
    return release


def open_file(release_code: str, name: str) -> OpenFile:
    """Open a file of a release. Raises NoRelease, ReleaseWithdrawn. Two queries."""
    release = holding(release_code)
    told = ReleaseFile.objects.filter(release=release, name=name).first() if "\0" not in name else None
    if told is None:
        raise NoRelease(f"{release.code} has no file {name[:100]!r}.")
    try:
        file = (folder_of(release.code) / told.name).open("rb")
    except FileNotFoundError:
        raise NoRelease(f"{told.name} of {release.code} is missing on this machine.") from None
    return OpenFile(file, told.name, told.media_type, told.bytes, told.sha256)
