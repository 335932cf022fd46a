"""What a process keeps of need maps, taken away: for tests that change how maps are made, which no version tells."""

from __future__ import annotations

from listening.needmaps import family
from listening.needmaps.api import tagged


def forget_kept_maps() -> None:
    """Count anew what is asked next."""
    family._kept.cache_clear()
    tagged.KEPT.forget()
