"""Access policy of the pages with which people look after their own sign-in."""

from __future__ import annotations

from backend.policy import SignedIn


class OwnSignIn(SignedIn):
    """Open before the second factor is set up that the role asks for: it is set up here."""

    summary = "people who are signed in, for their own sign-in"
