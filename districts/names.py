"""Names of places, brought to the form in which they are compared."""

from __future__ import annotations

import re
import unicodedata

# "S. Viola" and "Santa Viola" are one place; so are "S. Donato" and "San Donato". The saint's gender is not in the
# abbreviation, so all of them fold to the abbreviation.
_SAINT = re.compile(r"\b(?:san|santa|santo|sant|santi)\b")
_NOT_A_WORD = re.compile(r"[\W_]+")


def normalise(name: str) -> str:
    """The form that is compared: no accents, no case, punctuation as single spaces, saints abbreviated.

    >>> normalise("Porto - Saragozza") == normalise("PORTO SARAGOZZA")
    True
    >>> normalise("Santa Viola") == normalise("S. Viola")
    True
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return _SAINT.sub("s", _NOT_A_WORD.sub(" ", bare)).strip()


def slug(name: str) -> str:
    """A code made from a name, for sources that have none: ASCII letters, digits and single hyphens."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:50]
