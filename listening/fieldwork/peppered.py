"""How secrets of phones and machines are stored: as HMAC-SHA-256, under a key that the database does not hold.

They are random and long, so nobody could guess one from a plain hash. The key keeps out whoever can write into the
database, but not into the settings: they cannot store the digest of a token of their own.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def peppered(purpose: str, secret: str) -> str:
    """The digest of a secret in hexadecimal, 64 characters; the key is derived from SECRET_KEY for each purpose."""
    return salted_hmac(f"listening.fieldwork.{purpose}", secret, algorithm="sha256").hexdigest()
