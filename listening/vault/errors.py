"""Why the vault does not open, and what can be wrong with a contact."""

from __future__ import annotations

from collections.abc import Sequence

from backend.problems import Conflict, Forbidden, Problem


class VaultKeyMissing(RuntimeError):
    """A contact is sealed under a key that the environment does not name."""


class VaultKeyWrong(RuntimeError):
    """A key of the environment has the right name and does not open what it should."""


class VaultClosed(Problem):
    """The contact vault cannot be opened: its keys or its database role are missing or wrong. The operator is told."""

    slug, title, status = "vault-closed", "The contact vault cannot be opened", 503

    def __init__(self) -> None:
        super().__init__("The contact vault cannot be opened at the moment; nothing was stored or read.")


class NotAgreed(Conflict):
    """The residents of the conversation did not agree to be called back, so no contact is kept."""

    slug, title = "not-agreed", "Nobody agreed to be called back"

    def __init__(self) -> None:
        super().__init__(
            "The conversation has no consent for recontact. Add one first, if the residents said so; "
            "otherwise leave their contact out."
        )


class ContactNeedsPurpose(Forbidden):
    """A contact is read for a purpose, each time: send X-Purpose; `allowed` is the list."""

    slug, title = "contact-needs-purpose", "Say for what purpose you read this contact"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Send the header X-Purpose: {', '.join(allowed)}.", allowed=list(allowed))
