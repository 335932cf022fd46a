"""Tell the listener what in a submission may tell who somebody is, while it is easy to take out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from listening.capture.submission import Submission
from listening.records.redacted import marks_in


def warnings_of(submission: Submission) -> list[dict[str, Any]]:
    """Where something was marked: pointer, code, and characters from `start` to before `end`; never the text itself."""
    return [
        {"pointer": pointer, "code": mark.kind, "start": mark.start, "end": mark.end}
        for pointer, text in _texts(submission)
        for mark in marks_in(text)
    ]


def _texts(submission: Submission) -> Iterator[tuple[str, str]]:
    yield "/summary", submission.summary
    for index, finding in enumerate(submission.findings):
        yield f"/findings/{index}/text", finding.text
