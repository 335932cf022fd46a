"""Draw a photo anew in a process of its own, so that nothing but its pixels is kept.

Where a photo was taken, when, with which phone, the picture before it was cropped: all that is in the file and not in
the picture is left behind. What attacks a decoder meets a process without a secret, a database, or much memory.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from listening.attachments import drawing
from listening.attachments.limits import MOST_PIXELS
from listening.attachments.media_types import MediaType, Refusal, Refused

FORMATS: Final = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
LONGEST_S: Final = 30  # by the clock; by the processor, see drawing.py
REASONS: Final = {
    drawing.BROKEN: Refusal.BROKEN,
    drawing.TOO_MANY_PIXELS: Refusal.TOO_MANY_PIXELS,
}


def redraw(photo: bytes, media_type: MediaType) -> bytes:
    """The photo with its pixels upright, and nothing else. Raises Refused."""
    # Isolated (-I): neither the working directory nor the environment decides what is imported.
    command = [sys.executable, "-I", drawing.__file__, FORMATS[media_type], str(MOST_PIXELS)]
    try:
        done = subprocess.run(command, input=photo, capture_output=True, timeout=LONGEST_S, env={}, cwd="/")  # noqa: S603 - our own program, with words of ours
    except subprocess.TimeoutExpired:
        raise Refused(Refusal.TOO_COSTLY) from None
    if done.returncode != 0:
        # Whatever else ends it, a signal for instance, is one of its limits.
        raise Refused(REASONS.get(done.returncode, Refusal.TOO_COSTLY))
    return done.stdout
