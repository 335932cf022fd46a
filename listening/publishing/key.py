"""The key of disclosure control: from the environment, never in the database, in SQL, in a log or in a message."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from django.conf import settings

from listening.publishing.errors import NoDisclosureKey

KEY_BYTES: Final = 32


class NotAKey(ValueError):
    """A text that does not hold 32 bytes; the message never repeats it."""


def parse_key(text: str) -> bytes:
    """Read 32 bytes in hexadecimal (64 digits) or base64. Raises NotAKey."""
    for read in (bytes.fromhex, lambda text: base64.b64decode(text, altchars=b"-_", validate=True)):
        try:
            key = read(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise NotAKey(f"It holds {len(text)} characters that are not {KEY_BYTES} bytes in hexadecimal or base64.")


def disclosure_key() -> bytes:
    """The key of this service. Raises NoDisclosureKey where there is none, or only the one that everybody knows."""
    text = settings.DISCLOSURE_KEY
    if settings.DEMO or settings.DEBUG:
        text = text or settings.INSECURE_DISCLOSURE_KEY
    elif text == settings.INSECURE_DISCLOSURE_KEY:
        raise NoDisclosureKey("LISTENING_DISCLOSURE_KEY is the key of the demonstration, which everybody knows.")
    if not text:
        raise NoDisclosureKey("LISTENING_DISCLOSURE_KEY is not set: nothing can be published.")
    try:
        return parse_key(text)
    except NotAKey as error:
        raise NoDisclosureKey(f"LISTENING_DISCLOSURE_KEY: {error}") from None
