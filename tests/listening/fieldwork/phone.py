"""A phone as the reference of the protocol describes it: what it keeps, what it signs, what it does with an answer."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.http import HttpResponse
from django.test import Client

from listening.fieldwork.device_keys import read_public_key
from listening.fieldwork.enrolment import Enrolled, enrol, issue_code
from listening.fieldwork.models import User

DEVICES, VENUES = "/api/v1/devices", "/api/v1/venues"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """As Web Cryptography exports it."""
    point = key.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "ext": True, "key_ops": ["verify"]}


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> str:
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def enrolled(owner: User) -> Enrolled:
    """A phone of a person that is not confirmed, made without HTTP."""
    return enrol(code=issue_code(owner).code, name="phone", public_key=read_public_key(jwk(new_key())))


@dataclass
class Phone:
    """A phone that follows the rules: it keeps the old token until the new one was taken."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    id: str = ""
    token: str = ""
    nonce: str = ""
    client: Client = field(default_factory=Client)

    def enrol(self, code: str, name: str = "Anna's phone") -> HttpResponse:
        body = {"code": code, "name": name, "public_key": base64.b64encode(spki(self.key)).decode()}
        answer = self.client.post(f"{DEVICES}/enrol", body, content_type="application/json")
        if answer.status_code == 201:
            self.id, self.token = answer.json()["device_id"], answer.json()["token"]
        return answer

    def get(self, path: str = VENUES, token: str | None = None) -> HttpResponse:
        return self.client.get(path, headers=self.headers(token))

    def ask(self) -> HttpResponse:
        """Say hello without a signature."""
        return self.hello({})

    def sign_in_anew(self, key: ec.EllipticCurvePrivateKey | None = None, *, lose: bool = False) -> HttpResponse:
        """Ask for a nonce, sign it. `lose`: the second answer never arrives."""
        asked = self.ask()
        if asked.status_code != 200:
            return asked
        self.nonce = asked.json()["nonce"]
        return self.hello(self.signed(self.nonce, key), lose=lose)

    def signed(self, nonce: str, key: ec.EllipticCurvePrivateKey | None = None) -> dict[str, str]:
        message = f"nl-lease-v1\n{self.id}\n{nonce}".encode()
        return {"nonce": nonce, "signature": sign(key or self.key, message)}

    def hello(self, body: dict[str, str], *, token: str | None = None, lose: bool = False) -> HttpResponse:
        answer = self.client.post(
            f"{DEVICES}/hello", body, content_type="application/json", headers=self.headers(token)
        )  # fmt: skip
        if answer.status_code == 200 and not lose:
            self.token = answer.json()["token"] or self.token
        return answer

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}"}

    @property
    def number(self) -> str:
        """What the phone shows, computed by itself."""
        told = b"nl-compare-v1" + bytes.fromhex(self.id.replace("-", "")) + spki(self.key)
        return f"{int.from_bytes(hashlib.sha256(told).digest()[:8], 'big') % 10000:04}"
