"""A small identity provider on loopback, as honest or as wrong as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "listening", "s3cret:of/the city"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """What it says: change a member, and it says something else."""

    subject: str = "subject-1"
    claims: dict[str, Any] = field(default_factory=dict)  # over those of an honest ID token; None leaves one out
    metadata: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by path, instead of what it would say
    algorithm: str = "RS256"
    signing_key: Any = None  # another than it publishes
    asked: list[tuple[str, str]] = field(default_factory=list)
    issuer: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)

    def authorize(self, address: str) -> dict[str, str]:
        """What its sign-in page does once the person has signed in there: the parameters of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, method: str, path: str, body: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append((method, path))
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return 200, json.dumps(self.told() | self.metadata).encode()
            case "/keys":
                key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                return 200, json.dumps({"keys": [key | {"kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
            case "/token":
                return self.token(body, authorization)
        return 404, b"{}"

    def told(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, body: str, authorization: str) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if "client_secret_post" in self.metadata.get("token_endpoint_auth_methods_supported", []):
            is_client = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        else:
            is_client = authorization == "Basic " + base64.b64encode(b"listening:s3cret%3Aof%2Fthe%20city").decode()
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not is_client or asked is None or asked["code_challenge"] != challenge.decode().rstrip("="):
            return 400, b'{"error": "invalid_grant"}'
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "nonce": asked["nonce"], "iat": now, "exp": now + 9,
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signing_key or (None if self.algorithm == "none" else self.key)
        signed = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "k1"})
        return 200, json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": signed}).encode()


def serve(provider: Provider) -> ThreadingHTTPServer:
    """Start it on a free port of this machine; the caller stops it."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            if self.path.startswith("/authorize?"):
                self.send_response(302)
                back = provider.authorize(self.path)
                where = provider.codes[back["code"]]["redirect_uri"]
                self.send_header("Location", f"{where}?{urlencode(back)}")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, content = provider.answer(
                self.command, urlsplit(self.path).path, body, self.headers.get("Authorization", "")
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 302:
                self.send_header("Location", provider.issuer + "/keys")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    return server
