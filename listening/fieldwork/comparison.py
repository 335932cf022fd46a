"""The number by which people see that the phone on the page is the phone in their hand.

The phone computes it as well, from its own key: somebody between it and the service could pass on every answer, but not
put another key in its place without changing the number.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from uuid import UUID

LABEL: Final = b"nl-compare-v1"


def comparison_number(device_id: UUID, public_key: str) -> str:
    """Four digits: SHA-256 of the label, the 16 bytes of the id and the DER of the key, first 8 bytes, modulo 10,000.

    `public_key` is a SubjectPublicKeyInfo in base64. The first eight bytes are read with the highest first.
    """
    digest = hashlib.sha256(LABEL + device_id.bytes + base64.b64decode(public_key)).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10_000:04}"
