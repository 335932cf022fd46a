"""What a process keeps of need maps, taken away: for tests that change how maps are made, which no version tells."""

from __future__ import annotations

from listening.needmaps import boundaries, family, ground, query
from listening.needmaps.api import tagged, views


def forget_kept_maps() -> None:
    """Count anew what is asked next."""
    for kept in (family._kept, family._counted, ground._kept, boundaries._kept, query._kept_themes, views._release_of):
        kept.cache_clear()
    tagged.KEPT.forget()
