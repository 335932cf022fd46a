"""Envelope encryption: each contact has a data key, and keys of the environment wrap the data keys.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. What is sealed is bound to what it is of, so that it opens
nowhere else. Nothing is ever handed on unopened: a key that does not fit raises.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from listening.vault.errors import VaultKeyMissing, VaultKeyWrong

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
_NAMED: Final = re.compile(r"([a-z0-9-]{1,20}):([A-Za-z0-9_-]{43}=?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys by name; `current` wraps what is new, the others open what they wrapped."""

    current: str
    keys: Mapping[str, bytes]


def key_set() -> KeySet:
    """The keys of the environment. Raises VaultKeyMissing when there are none, ValueError when they cannot be read."""
    if not settings.VAULT_KEYS:
        raise VaultKeyMissing("LISTENING_VAULT_KEYS is not set.")
    return parse_keys(settings.VAULT_KEYS)


@cache
def parse_keys(text: str) -> KeySet:
    """`name:key,name:key`, the current one first; keys are 32 bytes in URL-safe base 64. Raises ValueError."""
    keys: dict[str, bytes] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        named = _NAMED.fullmatch(part)
        if named is None or named[1] in keys:
            raise ValueError(f"part {len(keys) + 1} is no key of its own")  # never the part: it is a secret
        keys[named[1]] = _decoded(named[2])
    if not keys:
        raise ValueError("there is no key")
    return KeySet(next(iter(keys)), keys)


def index_key(text: str) -> bytes:
    """The key of blind indices. Raises ValueError."""
    return _decoded(text)


def _decoded(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.rstrip("=") + "=")
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key is 32 bytes in URL-safe base 64: 43 characters")
    return key


def new_data_key() -> bytes:
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def wrap(data_key: bytes, *, of: bytes, keys: KeySet) -> bytes:
    """A data key under the current key."""
    return _seal(keys.keys[keys.current], data_key, b"key " + of)


def unwrap(key_id: str, wrapped: bytes, *, of: bytes, keys: KeySet) -> bytes:
    """Raises VaultKeyMissing, VaultKeyWrong."""
    key = keys.keys.get(key_id)
    if key is None:
        raise VaultKeyMissing(f"LISTENING_VAULT_KEYS does not name {key_id!r}, under which contacts are sealed.")
    try:
        return _open(key, wrapped, b"key " + of)
    except InvalidTag:
        raise VaultKeyWrong(f"The key {key_id!r} of LISTENING_VAULT_KEYS is not the one that sealed it.") from None


def seal(data_key: bytes, text: str, *, of: bytes) -> bytes:
    return _seal(data_key, text.encode(), of)


def unseal(data_key: bytes, sealed: bytes, *, of: bytes) -> str:
    """Raises VaultKeyWrong when it was changed, moved to another place, or sealed under another key."""
    try:
        return _open(data_key, sealed, of).decode()
    except InvalidTag:
        raise VaultKeyWrong("A contact does not open under its own key: it was changed or moved.") from None


def blind_index(kind: str, value: str) -> bytes:
    """HMAC-SHA-256 of a number or an address, by which equal ones are found: 32 bytes. Raises VaultKeyMissing."""
    if not settings.VAULT_INDEX_KEY:
        raise VaultKeyMissing("LISTENING_VAULT_INDEX_KEY is not set.")
    return hmac.new(index_key(settings.VAULT_INDEX_KEY), f"{kind} {value}".encode(), hashlib.sha256).digest()


def _seal(key: bytes, content: bytes, of: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, of)


def _open(key: bytes, sealed: bytes, of: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], of)
