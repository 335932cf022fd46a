"""The manifest: what went into a release, and the checksum of each canonical file. Pure.

It holds the checksum of the manifest before it, so whoever keeps one can tell whether any earlier release was changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from listening.releases.bulk.texts import canonical_json
from listening.releases.values import Content

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class FileValue:
    """A file of a release. `is_canonical`: its bytes depend on the release alone."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    is_canonical: bool


def manifest(content: Content, files: Sequence[FileValue]) -> dict[str, Any]:
    """The manifest as a document; `canonical_json` of it is the file, whose SHA-256 the next release holds."""
    return {
        "release": asdict(content.head),
        "rows": {
            "themes": len(content.themes),
            "places": dict(sorted(Counter(place.layer for place in content.places).items())),
            "cells": dict(sorted(Counter(cell.product for cell in content.cells).items())),
            "needs": dict(sorted(Counter(need.layer for need in content.needs).items())),
            **({"bands": dict(sorted(Counter(band.layer for band in content.bands).items()))} if content.bands else {}),
        },
        "files": {
            one.name: {"bytes": one.bytes, "media_type": one.media_type, "sha256": one.sha256}
            for one in sorted(files, key=lambda one: one.name)
            if one.is_canonical
        },
    }


def manifest_bytes(document: dict[str, Any]) -> bytes:
    return canonical_json(document)


def sums(files: Sequence[FileValue]) -> bytes:
    """SHA256SUMS, as `sha256sum --check` reads it."""
    return "".join(f"{one.sha256}  {one.name}\n" for one in sorted(files, key=lambda one: one.name)).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
