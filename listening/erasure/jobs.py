"""What the worker is asked to do for erasure, in the transaction of whoever asks."""

from __future__ import annotations

from listening.erasure.withdraw import ask


def withdraw(code: str) -> None:
    """Ask for a withdrawal. Raises NotACode."""
    ask(code)
