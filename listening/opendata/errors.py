"""What can be wrong with a question about published data."""

from __future__ import annotations

from backend.problems import Problem


class ReleaseWithdrawn(Problem):
    """This release was withdrawn, for the reason in `reason`; what took its place is in the list of releases."""

    slug, title, status = "release-withdrawn", "The release was withdrawn", 410


def withdrawn(code: str, reason: str) -> ReleaseWithdrawn:
    return ReleaseWithdrawn(f"Release {code} was withdrawn: {reason}", release=code, reason=reason)
