"""What a phone does to bring an attachment: announce it, and send it in chunks until it is complete."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient
from uuid6 import uuid7

URL = "/api/v1/attachments"
CHUNK = "application/offset+octet-stream"


@dataclass
class Upload:
    """One attachment on its way, by a client that is signed in."""

    client: APIClient
    content: bytes
    conversation: UUID = field(default_factory=uuid7)
    media_type: str = "image/jpeg"
    id: UUID = field(default_factory=uuid7)

    @property
    def address(self) -> str:
        return f"{URL}/{self.id}"

    def announcement(self, **members: Any) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "conversation": str(self.conversation),
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "media_type": self.media_type,
            **members,
        }

    def announce(self, **members: Any) -> Any:
        return self.client.post(URL, self.announcement(**members), format="json")

    def send(self, start: int, end: int | None = None, **headers: str) -> Any:
        """PATCH the bytes from one to another."""
        return self.put(self.content[start:end], start, **headers)

    def put(self, chunk: bytes, start: int, **headers: str) -> Any:
        told = {"Upload-Offset": str(start), "Tus-Resumable": "1.0.0"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic("PATCH", self.address, chunk, content_type=CHUNK, headers=told)

    def offset(self) -> int:
        return int(self.client.head(self.address)["Upload-Offset"])

    def bring(self, chunk: int = 1_000_000) -> Any:
        """Announce and send all of it; the last answer."""
        answer = self.announce()
        assert answer.status_code in {200, 201}, answer.content
        for start in range(0, len(self.content), chunk):
            answer = self.send(start, start + chunk)
        return answer

    def download(self, client: APIClient | None = None) -> Any:
        return (client or self.client).get(f"{self.address}/content")


def checksum(chunk: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, chunk).digest()).decode()}"
