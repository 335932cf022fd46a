"""What can be wrong with asking for a release."""

from __future__ import annotations

from backend.problems import Gone, NotFound


class ReleaseWithdrawn(Gone):
    """The release was withdrawn; `reason` says why, `replaced_by` names the revision that holds, if there is one."""

    slug, title, status = "release-withdrawn", "The release was withdrawn", 410


class NoRelease(NotFound):
    """There is no release of this code, or no file of this name in it."""

    slug, title, status = "no-release", "There is no such release", 404
