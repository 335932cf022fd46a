"""What can be wrong with a phone or a key. What is wrong is told only to who holds a token of it."""

from __future__ import annotations

from typing import Any, Final

from backend.problems import Forbidden, Gone, Unauthenticated

# RFC 6750, section 3.
CHALLENGE: Final = 'Bearer realm="neighbourhood listening"'
INVALID_TOKEN: Final = f'{CHALLENGE}, error="invalid_token"'


class _InvalidToken:
    """A token that was one of a phone: every answer names the scheme (RFC 6750, section 3.1)."""

    headers: dict[str, str]

    def __init__(self, *args: Any, **members: Any) -> None:
        super().__init__(*args, **members)
        self.headers["WWW-Authenticate"] = INVALID_TOKEN


class DeviceRevoked(_InvalidToken, Unauthenticated):
    """The phone was revoked. When `wipe` is true, it deletes what it holds; otherwise it keeps what it has not sent."""

    slug, title = "device-revoked", "The phone was revoked"


class TokenExpired(_InvalidToken, Unauthenticated):
    """The phone was not used for 30 days, or was enrolled 180 days ago. Enrol it anew; what is unsent stays on it."""

    slug, title = "token-expired", "The phone must be enrolled anew"


class LeaseExpired(_InvalidToken, Unauthenticated):
    """The lease of the phone is over. Say hello with a signature by the phone's key, and ask again."""

    slug, title = "lease-expired", "The lease of the phone is over"


class DeviceUnconfirmed(Forbidden):
    """The person has not confirmed yet that this phone is theirs. They do so on the page of their phones."""

    slug, title = "device-unconfirmed", "The phone is not confirmed yet"


class LeaseRefused(Forbidden):
    """The signature is not by the key of the phone over the last nonce. Nothing changed; ask for a new nonce."""

    slug, title = "lease-refused", "The lease was not renewed"


class EnrolmentCodeGone(Gone):
    """The code was used, has expired, or never was one: the three look alike. Ask for another."""

    slug, title = "enrolment-code-gone", "The code does not hold"


class KeyNotForThis(Forbidden):
    """The API key is not for this operation; `scope` names what it would need, null when no key may do this."""

    slug, title = "insufficient-scope", "The API key is not for this"

    def __init__(self, detail: str, *, scope: str | None) -> None:
        super().__init__(detail, scope=scope)
        asked = f', scope="{scope}"' if scope else ""
        self.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope"{asked}'
