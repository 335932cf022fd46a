"""The key pair of a phone: read its public half, check what the private half signed. ECDSA on P-256 with SHA-256."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

LABEL: Final = "nl-lease-v1"
COORDINATE_BYTES: Final = 32


def read_public_key(told: str | Mapping[str, Any]) -> str:
    """A public key as it is stored: SubjectPublicKeyInfo, DER, base64.

    `told` is that, or a JSON Web Key (RFC 7517). Raises ValueError, which says what is wrong with it.
    """
    key = _from_jwk(told) if isinstance(told, Mapping) else _from_spki(told)
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def lease_message(device_id: UUID, nonce: str) -> bytes:
    """What a phone signs to renew its lease: three lines without a last line feed, in ASCII."""
    return f"{LABEL}\n{device_id}\n{nonce}".encode("ascii")


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether a signature is by the private half of a stored key.

    It is r and s, 32 bytes each, in base64url without padding: ES256 (RFC 7518, section 3.4), as browsers make it.
    """
    try:
        raw = _base64url(signature)
    except ValueError:
        return False
    if len(raw) != 2 * COORDINATE_BYTES:
        return False
    r, s = (int.from_bytes(raw[at : at + COORDINATE_BYTES], "big") for at in (0, COORDINATE_BYTES))
    try:
        _from_spki(public_key).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _from_spki(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("This is no SubjectPublicKeyInfo in base64.") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("The key must be on the curve P-256.")
    return key


def _from_jwk(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    if "d" in jwk:
        raise ValueError(
            "This is the private key. It must not leave the phone: make another, and send its public half."
        )
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError("The key must be on the curve P-256.")
    point = [jwk.get("x"), jwk.get("y")]
    if not all(isinstance(coordinate, str) for coordinate in point):
        raise ValueError("x and y are texts.")
    x, y = (_base64url(str(coordinate)) for coordinate in point)
    if (len(x), len(y)) != (COORDINATE_BYTES, COORDINATE_BYTES):
        raise ValueError(f"x and y are {COORDINATE_BYTES} bytes in base64url.")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    try:
        return numbers.public_key()
    except ValueError:
        raise ValueError("x and y are no point of the curve P-256.") from None


def _base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("This is not base64url.") from None
