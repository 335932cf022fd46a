"""The query parameters of a request: those that are declared, once each."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from backend.problems import InvalidParameter


def refuse_unknown(params: QueryDict, known: Iterable[str], *, negotiates: str = "format") -> None:
    """Refuse a parameter that is not known, or given twice, or that no database could hold. Raises InvalidParameter.

    `negotiates` is the one that chooses the representation, which every address knows.

    A misspelt filter that is ignored would answer another question than the one that was asked.
    """
    allowed = sorted({*known, negotiates})
    for name, values in params.lists():
        if name not in allowed:
            raise InvalidParameter(f"There is no parameter {name!r}.", parameter=name, value=values[0], allowed=allowed)
        if len(values) > 1:
            raise InvalidParameter(
                f"{name!r} was given {len(values)} times.", parameter=name, value=values[0], allowed=["once"]
            )
        if "\x00" in values[0]:
            raise InvalidParameter(f"{name!r} holds a NUL character.", parameter=name, value="", allowed=["text"])
