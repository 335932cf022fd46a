"""What the app is made of: its files, the languages it speaks, and a version that changes when one of them does.

The service worker keeps exactly these files, and the app starts from them without a network.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.templatetags.static import static

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
MESSAGES: Final = STATIC / "fieldapp" / "messages"
WORKER: Final = HERE / "worker" / "sw.js"
IMPORTED: Final = re.compile(r'^import .* from "\./(\w+\.js)";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Language:
    """A message catalogue: `code` is its file's name, `name` and `dir` are what it says of itself."""

    code: str
    name: str
    dir: str

    @property
    def address(self) -> str:
        return static(f"fieldapp/messages/{self.code}.json")


@functools.cache
def languages() -> Sequence[Language]:
    """The catalogues that are there, by code: another language is another file."""
    told = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(MESSAGES.glob("*.json"))}
    return [Language(code, catalogue["_language"], catalogue["_dir"]) for code, catalogue in told.items()]


def language_for(wanted: Iterable[str]) -> Language:
    """The language that `words.js` will choose for a phone that wants these, best first; else the city's, else any."""
    known = {one.code: one for one in languages()}
    codes = (tag.partition("-")[0] for tag in (*wanted, settings.LANGUAGE_CODE))
    return next((known[code] for code in codes if code in known), languages()[0])


def addresses() -> list[str]:
    """The addresses of all files of the app."""
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    return [static(path.relative_to(STATIC).as_posix()) for path in files]


@functools.cache
def first_modules() -> Sequence[str]:
    """Names of the modules that a first visit needs to show how a phone is added: with what they import, at once."""
    found = ["app.js", "view_enrol.js"]
    for name in found:
        source = (STATIC / "fieldapp" / name).read_text(encoding="utf-8")
        found += [one for one in IMPORTED.findall(source) if one not in found]
    return found


def preloaded() -> list[str]:
    """Addresses of these modules, for the page: each would otherwise be found only when the one before has come."""
    return [static(f"fieldapp/{name}") for name in first_modules()]


def version(page: str) -> str:
    """16 hexadecimal digits of SHA-256 over the page and the content of every file, the worker's own among them."""
    digest = hashlib.sha256(page.encode())
    for path in sorted([*STATIC.rglob("*"), WORKER]):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
