"""Codes of receipts: 128 random bits, written so that a person can type them from a card.

26 characters of Crockford's base 32 (no I, L, O, U) for the bits and two that check them, in groups of four. The check
catches a slip at the moment of typing: a card whose code was taken down wrongly would be of no use to its holder.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from django.utils.crypto import salted_hmac

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS: Final = 128
LENGTH: Final = 28
GROUP: Final = 4
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\t": None, "\n": None, "\r": None})


class NotACode(ValueError):
    """The text is not the code of a card; says nothing of which codes there are."""


def new_code() -> str:
    """A code that nobody has: `XXXX-XXXX-...`, seven groups."""
    number = secrets.randbits(BITS)
    plain = _written(number, LENGTH - 2)
    plain += _check(plain)
    return "-".join(plain[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read_code(text: str) -> str:
    """The 28 characters of a code as somebody typed it: small letters, spaces, O for 0 and I for 1 are fine.

    Raises NotACode.
    """
    plain = text.upper().translate(_ALIKE)
    if len(plain) != LENGTH or set(plain) - set(ALPHABET) or _check(plain[:-2]) != plain[-2:]:
        raise NotACode("This is no code of a card: it has seven groups of four letters and digits.")
    return plain


def digest_of(code: str) -> bytes:
    """HMAC-SHA-256 of a code that `read_code` has read: 32 bytes, under a key derived from SECRET_KEY."""
    return salted_hmac("listening.consent.receipt", code, algorithm="sha256").digest()


def _written(number: int, characters: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(characters)))


def _check(plain: str) -> str:
    return _written(int.from_bytes(hashlib.sha256(plain.encode()).digest()[:2]) & 1023, 2)
