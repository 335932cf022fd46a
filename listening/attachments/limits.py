"""How much is taken."""

from __future__ import annotations

import datetime as dt
from typing import Final

MOST_BYTES: Final = 26_214_400  # of one attachment: 25 MiB, a photo of any phone, or two hours of speech
MOST_ATTACHMENTS: Final = 50  # of one person in one conversation
MOST_PIXELS: Final = 50_000_000  # what the cameras of phones take; more is a bomb, or a scan
KEPT_WAITING: Final = dt.timedelta(days=30)  # for the rest of an upload, and for its conversation
