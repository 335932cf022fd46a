"""Settings of sign-in that cannot be meant are refused, with a hint."""

import pytest

from listening.signin import checks


def ids(messages) -> list[str]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("roles", "found"), [([], []), (["admin"], []), (["admin", "stuard"], ["signin.E001"]), (["none"], ["signin.E001"])]
)
def test_roles(settings, roles, found):
    settings.SECOND_FACTOR_ROLES = roles
    assert ids(checks.second_factor_roles(None)) == found


@pytest.mark.parametrize(
    ("minutes", "hours", "found"),
    [(30, 10, 0), (60, 1, 0), (2, 24, 0), (0, 10, 1), (1, 10, 1), (30, 0, 1), (61, 1, 1), (30, 25, 1)],
)
def test_limits(settings, minutes, hours, found):
    settings.SESSION_COOKIE_AGE, settings.SESSION_ABSOLUTE_AGE = minutes * 60, hours * 3600
    assert ids(checks.session_limits(None)) == ["signin.E002"] * found


@pytest.mark.parametrize("text", ["-5", "ten", "1e3", "99999999999999999999", "3.5"])
def test_what_is_no_number_is_refused_and_breaks_nothing(monkeypatch, text):
    from backend.settings import number

    monkeypatch.setenv("LISTENING_SESSION_HOURS", text)
    assert number("LISTENING_SESSION_HOURS", 10) == 0
    monkeypatch.setenv("LISTENING_SESSION_HOURS", " ")
    assert number("LISTENING_SESSION_HOURS", 10) == 10


@pytest.mark.parametrize(
    ("issuer", "client", "secret", "found"),
    [
        ("", "", "", []),
        ("https://idp.example.org/realm", "c", "s", []),
        ("http://localhost:8081", "c", "s", []),
        ("https://idp.example.org", "", "s", ["signin.E003"]),
        ("", "c", "s", ["signin.E003"]),
        ("http://idp.example.org", "c", "s", ["signin.E004"]),
        ("idp.example.org", "c", "s", ["signin.E004"]),
        ("https://[", "c", "s", ["signin.E004"]),
        ("https://idp.example.org/" + "x" * 200, "c", "s", ["signin.E004"]),
    ],
)
def test_identity_provider(settings, issuer, client, secret, found):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, client, secret
    assert ids(checks.identity_provider(None)) == found
