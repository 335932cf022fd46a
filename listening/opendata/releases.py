"""Releases as they can be downloaded: the list, one release with its files, and the files.

What a file is called and what it holds is told by the tables; the path of a request is never a path on the disk.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse

from backend.db import sql
from backend.http.ranges import ranged
from backend.ogc.collection import Link
from backend.ogc.endpoint import Answer
from backend.ogc.negotiation import JSON
from backend.ogc.parameters import refuse_others
from backend.ogc.service import Call
from listening.opendata.catalogue import LATEST, withdrawn
from listening.opendata.reading import fetch
from listening.releases.catalogue import Edition, Listed, catalogue
from listening.releases.errors import NoRelease
from listening.releases.feed import feed
from listening.releases.files import folder_of

JSON_LD: Final = "application/ld+json"
ATOM: Final = "application/atom+xml"
# A file never changes under its address; a release can be withdrawn, so a cache asks again after a day.
FILE_CACHE: Final = "public, max-age=86400, immutable"


def release_list(call: Call) -> Answer:
    refuse_others(call.request.GET)
    return _shown(call, "open/releases.html", {"releases": [_linked(call, one) for one in _releases()]})


def release(call: Call, code: str) -> Answer:
    """One release: what went into it, and its files. `latest` leads on to the newest one that holds."""
    refuse_others(call.request.GET)
    found = _releases()
    if code == LATEST:
        return _onward(call, found, "")
    for one in found:
        if one["code"] == code:
            if one["status"] == "withdrawn":
                raise withdrawn({"code": code, "reason": one["withdrawal_reason"]}, _replacing(found, one["quarter"]))
            return _shown(call, "open/release.html", _linked(call, one))
    raise NoRelease(f"There is no release {code[:30]!r}; /open/releases/ lists them.")


def release_file(call: Call, code: str, name: str) -> Answer:
    """A file: its ETag is the SHA-256 of its bytes, and a part of it can be asked for."""
    if code == LATEST:
        return _onward(call, _releases(), name)
    rows = fetch(sql.read("listening.opendata", "release_file.sql"), {"release": code, "name": name})
    if not rows:
        raise NoRelease(f"There is no release {code[:30]!r}; /open/releases/ lists them.")
    status, reason, newer, told, media_type, size, sha256 = rows[0]
    if status == "withdrawn":
        raise withdrawn({"code": code, "reason": reason}, newer)
    if told is None:
        raise NoRelease(f"{code} has no file {name[:100]!r}; /open/releases/{code}/ lists them.")
    etag = f'"{sha256}"'
    if etag in call.request.headers.get("If-None-Match", ""):
        return Answer(made=HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": FILE_CACHE}))
    try:
        file = (folder_of(code) / told).open("rb")
    except FileNotFoundError:
        raise NoRelease(f"{told} of {code} is missing on this machine.") from None
    response = ranged(call.request, file, size, etag=etag, media_type=media_type)
    response["Cache-Control"] = FILE_CACHE
    response["Content-Disposition"] = f'attachment; filename="{code}-{told}"'
    return Answer(made=response)


def catalogue_document(call: Call) -> Answer:
    """All releases that hold as a catalogue for portals of open data: DCAT-AP, as JSON-LD."""
    refuse_others(call.request.GET)
    editions, folders = _editions()
    told = catalogue(
        editions, base_url=call.root, folders=folders, city=settings.CITY_NAME, languages=[settings.LANGUAGE_CODE]
    )
    return Answer(json.dumps(told, ensure_ascii=False), JSON_LD)


def release_feed(call: Call) -> Answer:
    """The releases that hold as an Atom feed."""
    refuse_others(call.request.GET)
    editions, folders = _editions()
    body = feed(editions, base_url=call.root, feed_url=call.url, folders=folders, city=settings.CITY_NAME)
    return Answer(body, ATOM)


def _editions() -> tuple[list[Edition], dict[str, str]]:
    """The releases that hold, the newest first, and the folder of each."""
    editions = [
        Edition(
            code=one["code"],
            quarter=one["quarter"],
            published_at=dt.datetime.fromisoformat(one["published_at"]),
            licence=one["licence"],
            correction=one["correction"] or "",
            manifest_sha256=one["manifest_sha256"],
            bbox=tuple(one["bbox"]),
            files=tuple(Listed(**file) for file in one["files"]),
        )
        for one in _releases()
        if one["status"] == "published"
    ]
    return editions, {one.code: f"releases/{one.code}/" for one in editions}


def _onward(call: Call, found: list[dict[str, Any]], name: str) -> Answer:
    """To the newest release that holds, for as long as it is the newest."""
    holding = [one["code"] for one in found if one["status"] == "published"]
    if not holding:
        raise NoRelease("Nothing has been published yet.")
    headers = {"Location": f"{call.root}releases/{holding[0]}/{quote(name)}", "Cache-Control": "public, max-age=60"}
    return Answer(made=HttpResponse(status=302, headers=headers))


def _releases() -> list[dict[str, Any]]:
    return [one for (one,) in fetch(sql.read("listening.opendata", "releases.sql"))]


def _replacing(found: list[dict[str, Any]], quarter: str) -> str | None:
    return next((one["code"] for one in found if one["quarter"] == quarter and one["status"] == "published"), None)


def _linked(call: Call, one: dict[str, Any]) -> dict[str, Any]:
    """A release with links to itself and to its files."""
    path = f"releases/{one['code']}/"
    files = [{**file, "href": f"{call.root}{path}{file['name']}"} for file in one["files"]]
    links = [Link(path, "self", JSON, one["code"]), Link(f"collections/need-map-{one['code']}", "collection", JSON)]
    shown = [link.as_json(call.root) for link in links] if one["status"] == "published" else []
    return {**one, "files": files, "links": shown}


def _shown(call: Call, template: str, document: dict[str, Any]) -> Answer:
    if call.format != "html":
        return Answer(json.dumps(document, ensure_ascii=False), JSON)
    return Answer(template=template, shown={"call": call, "as_json": call.url_with(f="json"), "found": document})
