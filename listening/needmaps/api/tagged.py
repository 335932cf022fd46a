"""Entity tags of answers about needs, made of the version of what they are computed from.

Whoever brings the tag back is told so before anything is counted; whoever asks the same in the meantime gets the same
bytes, which each process keeps for a while.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from django.http import HttpResponse
from django.utils import translation
from django.utils.http import parse_etags
from rest_framework.request import Request

from backend.http.conditional import etag_of
from backend.http.kept import Kept, KeptAnswer
from backend.periods import NotAPeriod, Period
from listening.fieldwork.person import person_of
from listening.fieldwork.roles import READ_COUNTS
from listening.fieldwork.scope import Scope
from listening.needmaps.tiers import reads_exactly
from listening.needmaps.version import Version, read_version

KEPT: Final = Kept()


@dataclass(frozen=True, slots=True)
class Tagged:
    """A request with the tag of its answer: question, reader, language, form and version make it."""

    version: Version
    etag: str
    tags_known: frozenset[str]

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read the version that an answer will have. One query: ask before anything is read for the answer."""
        scope = person_of(request).scope
        version = read_version(
            _period(request.GET.get("period", "")), scope.reach(*READ_COUNTS), published=reads_exactly(scope)
        )
        etag = etag_of(
            version,
            request.path,
            sorted(request.GET.lists()),
            _grants(scope),
            translation.get_language(),
            request.accepted_renderer.media_type,
        )
        known = parse_etags(request.headers.get("If-None-Match", ""))
        return cls(version, etag, frozenset(tag.removeprefix("W/") for tag in known))

    def ready(self) -> HttpResponse | None:
        """304, or the answer that is kept; None when it must be computed.

        Tags are given out with answers alone, so one that comes back needs no look at the question. `*`, for any tag,
        does: whether there is an answer shows when there is one.
        """
        if self.etag in self.tags_known:
            return self._not_modified()
        answer = KEPT.get(self.etag)
        return None if answer is None else self._given(answer)

    def answer(
        self, body: str | bytes, *, content_type: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """The answer, from now on kept."""
        content = body.encode() if isinstance(body, str) else body
        answer = KeptAnswer(content, {"Content-Type": content_type, **self._headers(), **(headers or {})})
        KEPT.put(self.etag, answer)
        return self._given(answer)

    def json(self, told: Mapping[str, Any]) -> HttpResponse:
        return self.answer(json.dumps(told, ensure_ascii=False))

    def _given(self, answer: KeptAnswer) -> HttpResponse:
        if "*" in self.tags_known:
            return self._not_modified()
        return HttpResponse(answer.body, headers=dict(answer.headers))

    def _not_modified(self) -> HttpResponse:
        return HttpResponse(status=304, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"ETag": self.etag, "Cache-Control": "private, no-cache"}


def _period(text: str) -> Period | None:
    """The period that is asked for; None when it is left out, as what is usual depends on the reader, or is none."""
    try:
        return Period.parse(text) if text else None
    except NotAPeriod:
        return None


def _grants(scope: Scope) -> list[tuple[str, str, bool, list[int]]]:
    """The reader's assignments in an order of their own: sets have none."""
    return sorted((one.role, one.clearance, one.reach.everywhere, sorted(one.reach.districts)) for one in scope.grants)
