"""The feed of releases: Atom (RFC 4287). Pure: values in, a document out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from listening.releases.catalogue import Edition

ATOM: Final = "http://www.w3.org/2005/Atom"


def feed(editions: Sequence[Edition], *, base_url: str, feed_url: str, folders: Mapping[str, str], city: str) -> bytes:
    """One entry per release that holds, the newest first.

    Parameters
    ----------
    base_url, folders
        As of `catalogue.catalogue`.
    feed_url
        Address of the feed itself, which is its id too; a relative one is not.
    """
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    updated = max((one.published_at for one in editions), default=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    _add(root, "title", f"Need maps of {city}")
    _add(root, "id", feed_url if ":" in feed_url else f"urn:uuid:{uuid5(NAMESPACE_URL, f'need maps of {city}')}")
    _add(root, "updated", _instant(updated))
    _add(root, "link", rel="self", href=feed_url, type="application/atom+xml")
    _add(_add(root, "author"), "name", city)
    for one in editions:
        entry = _add(root, "entry")
        _add(entry, "title", f"Need map of {city}, {one.quarter} ({one.code})")
        # A release never changes: its checksum names it wherever it is copied to.
        _add(entry, "id", f"urn:sha256:{one.manifest_sha256}")
        _add(entry, "updated", _instant(one.published_at))
        _add(entry, "published", _instant(one.published_at))
        _add(entry, "link", rel="alternate", href=f"{base_url}{folders[one.code]}")
        for file in one.files:
            _add(
                entry, "link", rel="enclosure", href=f"{base_url}{folders[one.code]}{file.name}",
                type=file.media_type.partition(";")[0], length=str(file.bytes), title=file.name,
            )  # fmt: skip
        _add(entry, "rights", one.licence)
        _add(
            entry,
            "summary",
            one.correction or f"{len(one.files)} files. SHA-256 of the manifest {one.manifest_sha256}.",
        )
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text or None
    return child


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")
