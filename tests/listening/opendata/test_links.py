"""From the landing page every address can be reached, as a program and as a person, and none is broken."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

HOST = "http://testserver"


def hrefs(value: Any) -> list[str]:
    """Every link in a JSON document, templates filled with the first tile."""
    if isinstance(value, dict):
        found = [value["href"]] if isinstance(value.get("href"), str) else []
        return found + [one for inner in value.values() for one in hrefs(inner)]
    return [one for inner in value for one in hrefs(inner)] if isinstance(value, list) else []


def walk(read, start: str, accept: str, most_items: int = 3) -> dict[str, int]:
    """Status by address; of the features of a collection only a few are visited."""
    seen: dict[str, int] = {}
    pending, items = [start], 0
    while pending:
        url = re.sub(r"\{tile\w+\}", "0", pending.pop().partition("#")[0])
        if url in seen or urlsplit(url).netloc != urlsplit(HOST).netloc or "/static/" in url:
            continue
        if "/items/" in url and (items := items + 1) > most_items:
            continue
        answer = read.get(url.removeprefix(HOST), headers={"Accept": accept}, follow=True)
        seen[url] = answer.status_code
        kind = answer.headers["Content-Type"]
        if kind == "application/ld+json":
            pending += re.findall(rf'"({HOST}/open/[^"]+)"', answer.content.decode())
        elif "xml" in kind:
            pending += re.findall(r'href="([^"]+)"', answer.content.decode())
        elif "json" in kind:
            pending += hrefs(answer.json())
        elif kind.startswith("text/html"):
            page = answer.content.decode()
            pending += [urljoin(url, unescape(one)) for one in re.findall(r'<a [^>]*href="([^"]+)"', page)]
    return seen


def test_links_for_programs(read):
    found = walk(read, f"{HOST}/open/", "application/json")
    seen = {url: status for url, status in found.items() if "/open/" in url}
    assert set(seen.values()) == {200}, [url for url, status in seen.items() if status != 200]
    collections = [one["id"] for one in read.get("/open/collections").json()["collections"]]
    for one in collections:
        assert any(f"/collections/{one}/items" in url for url in seen), one
    assert any("/tiles/WebMercatorQuad/0/0/0" in url for url in seen)


def test_links_for_people(read):
    seen = {url: status for url, status in walk(read, f"{HOST}/open/", "text/html").items() if "/open/" in url}
    assert set(seen.values()) == {200}, [url for url, status in seen.items() if status != 200]
    assert len(seen) > 60
    assert any("/releases/" in url for url in seen)
