"""Which representation is sent: by `Accept`, or by the parameter `format`, which a link can hold."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from backend.problems import InvalidParameter


class FormatNegotiation(DefaultContentNegotiation):
    """REST framework's negotiation; a `format` that there is not is a wrong parameter, not a missing page."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        offered = list(renderers)
        found = [renderer for renderer in offered if renderer.format == format]
        if not found:
            raise InvalidParameter(
                f"There is no format {format!r} here.",
                parameter="format",
                value=format,
                allowed=sorted({str(renderer.format) for renderer in offered}),
            )
        return found
