"""The life of one record, told with real processes: see `story`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path


def tell(say: Callable[[str], None] = print) -> None:
    """The whole story, on a cluster of its own that is gone afterwards. Raises AssertionError."""
    from listening.consent.codes import new_code
    from tests.faults.chaos.database import own_database
    from tests.faults.life.story import live
    from tests.listening.attachments.media import jpeg

    with tempfile.TemporaryDirectory(prefix="life-") as folder, own_database(pushers=1) as database:
        live(database, Path(folder), code=new_code(), photo=jpeg(), say=say)
