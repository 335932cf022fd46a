"""Requests and answers of the reference client as bytes over a real socket."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from listening.sync.client.transport import Answer, NoAnswer, Transport


class TestTransport:
    """Against bytes over a real socket."""

    @contextmanager
    def serving(self, raw: bytes, hold: threading.Event | None = None) -> Iterator[tuple[Transport, list[Any]]]:
        heard: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"] or 0))))
                if hold is not None:
                    hold.wait(5)
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None: ...

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Transport(f"http://127.0.0.1:{server.server_port}", "nlt_t", timeout_s=0.3), heard
        finally:
            if hold is not None:
                hold.set()
            server.shutdown()
            thread.join()
            server.server_close()

    @staticmethod
    def answer(body: bytes, kind: str = "application/json", status: str = "200 OK", *headers: str) -> bytes:
        lines = [f"HTTP/1.0 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def test_it_works(self):
        squeezed = self.answer(
            gzip.compress(b'{"a": "\xc3\xa8"}'), "application/json", "200 OK", "Content-Encoding: gzip"
        )
        with self.serving(squeezed) as (transport, heard):
            assert transport.ask("POST", "push", {"è": "x" * 1_000}) == Answer(200, {"a": "è"})
            assert transport.ask("POST", "pull", {"cursor": None}).is_good
        (path, headers, body), (_, plain, small) = heard
        assert path == "/api/v1/sync/push"
        assert headers["Authorization"] == "Bearer nlt_t"
        assert headers["Content-Encoding"] == headers["Accept-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(body)) == {"è": "x" * 1_000}
        assert "Content-Encoding" not in plain
        assert small == b'{"cursor":null}'

    def test_problems(self):
        told = self.answer(b'{"title": "x"}', "application/problem+json", "503 Busy", "Retry-After: 7")
        with self.serving(told) as (transport, _):
            assert transport.ask("POST", "push", {}) == Answer(503, {"title": "x"}, 7.0)

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("Retry-After: Mon, 23 Nov 2026 12:01:30 GMT", 90.0), ("Retry-After: soon", None), ("X: 1", None)],
    )
    def test_retry_after_as_a_date(self, header, seconds):
        """Compared with the date of the answer, not with the clock of the phone."""
        date = "Date: Mon, 23 Nov 2026 12:00:00 GMT"
        with self.serving(self.answer(b"{}", "application/problem+json", "429 Slow", header, date)) as (transport, _):
            assert transport.ask("POST", "push", {}).retry_after == seconds

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"HTTP/1.0 200 OK\r\n",
            b"nonsense\r\n\r\n",
            answer(b'{"a": 1}')[:-3],
            answer(b"{}", "text/html"),
            answer(b"<h1>Welcome to the hotel</h1>", "text/html"),
            answer(b"Bad Gateway", "text/plain", "502 Bad Gateway"),
            answer(b"Bad Request", "text/plain", "400 Bad Request"),
            answer(b"", "text/html", "302 Found", "Location: http://hotel.example/"),
            answer(b'{"a": '),
            answer(b"[1]"),
            answer(b"\xff"),
            answer(gzip.compress(b'{"a": 1}')[:-9], "application/json", "200 OK", "Content-Encoding: gzip"),
            answer(b"not gzip", "application/json", "200 OK", "Content-Encoding: gzip"),
        ],
    )
    def test_what_the_service_did_not_say_is_no_answer(self, raw):
        with self.serving(raw) as (transport, heard):
            with pytest.raises(NoAnswer):
                transport.ask("POST", "push", {})
            assert len(heard) == 1

    def test_silence(self):
        with self.serving(self.answer(b"{}"), threading.Event()) as (transport, _), pytest.raises(NoAnswer):
            transport.ask("POST", "push", {})

    def test_nobody_there(self):
        with pytest.raises(NoAnswer):
            Transport("http://127.0.0.1:1", "t", timeout_s=0.3).ask("GET", "hello")

    def test_https_is_checked(self):
        link = Transport("https://listening.example.org", "t")._connection()
        assert (type(link).__name__, link.port) == ("HTTPSConnection", 443)
