"""One request and its answer, as JSON over HTTP. It knows nothing of ops and rows."""

from __future__ import annotations

import email.utils
import gzip
import http.client
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

SYNC: Final = "/api/v1/sync"
WORTH_COMPRESSING: Final = 500  # bytes
ANSWERS: Final = {"application/json", "application/problem+json"}


class NoAnswer(Exception):
    """Nothing came back that the service has said: whether the request arrived is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said. `retry_after`: seconds, when it told them."""

    status: int
    body: Mapping[str, Any]
    retry_after: float | None = None

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class Transport:
    """Requests to the sync addresses of one service, with one token.

    `timeout_s` is the longest silence, not the longest answer. `headers` are sent with each request.
    """

    def __init__(
        self, address: str, token: str, *, timeout_s: float = 30, headers: Mapping[str, str] | None = None
    ) -> None:
        parts = urlsplit(address)
        self._scheme, self._host, self._port = parts.scheme, parts.hostname or "", parts.port
        self._timeout_s = timeout_s
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": ", ".join(sorted(ANSWERS)),
            "Accept-Encoding": "gzip",
            # A connection that was kept may be dead without our knowing; on a phone it mostly is.
            "Connection": "close",
            **(headers or {}),
        }

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One request. Raises NoAnswer for everything that is not the service's own word: also for the page of a
        hotel's network that answers 200, and for a proxy that answers 400.
        """
        headers, sent = dict(self._headers), None
        if body is not None:
            sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
            if len(sent) >= WORTH_COMPRESSING:
                headers["Content-Encoding"], sent = "gzip", gzip.compress(sent, mtime=0)
        link = self._connection()
        try:
            link.request(method, f"{SYNC}/{path}", body=sent, headers=headers)
            return _read(link.getresponse())
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            raise NoAnswer(str(error)) from error
        finally:
            link.close()

    def _connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPConnection if self._scheme == "http" else http.client.HTTPSConnection
        return kind(self._host, self._port, timeout=self._timeout_s)


def _read(response: http.client.HTTPResponse) -> Answer:
    """The answer; raises ValueError for what is not JSON as the service writes it."""
    told = response.read()
    if response.headers.get("Content-Encoding") == "gzip":
        told = gzip.decompress(told)
    if response.headers.get_content_type() not in ANSWERS:
        raise ValueError(f"{response.status} {response.headers.get_content_type()} is not an answer of the service")
    body = json.loads(told)
    if not isinstance(body, dict):
        raise ValueError("the answer is not an object")
    return Answer(response.status, body, _retry_after(response.headers))


def _retry_after(headers: http.client.HTTPMessage) -> float | None:
    """Seconds (RFC 9110, section 10.2.3). A date is compared with the service's own: the phone's clock may be wrong."""
    told = headers.get("Retry-After", "")
    if told.isdecimal():
        return float(told)
    try:
        until, now = (email.utils.parsedate_to_datetime(text) for text in (told, headers.get("Date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
