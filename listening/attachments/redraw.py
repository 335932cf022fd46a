"""Draw a photo anew in a process of its own, so that nothing but its pixels is kept.

Where a photo was taken, when, with which phone, the picture before it was cropped: all that is in the file and not in
the picture is left behind. What attacks a decoder meets a process without a secret, a database, or much memory.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from typing import Final

from backend.problems import ServiceUnavailable
from listening.attachments import drawing
from listening.attachments.limits import MOST_PIXELS
from listening.attachments.media_types import MediaType, Refusal, Refused

logger = logging.getLogger(__name__)

FORMATS: Final = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
LONGEST_S: Final = 45  # by the clock; by the processor, see drawing.py
REASONS: Final = {
    drawing.BROKEN: Refusal.BROKEN,
    drawing.TOO_MANY_PIXELS: Refusal.TOO_MANY_PIXELS,
    drawing.TOO_COSTLY: Refusal.TOO_COSTLY,
    -signal.SIGXCPU: Refusal.TOO_COSTLY,
    -signal.SIGSEGV: Refusal.BROKEN,
    -signal.SIGABRT: Refusal.BROKEN,
}


def redraw(photo: bytes, media_type: MediaType) -> bytes:
    """The photo with its pixels upright, and nothing else.

    Raises Refused when that is the photo's fault, which is final, and ServiceUnavailable when it is the machine's.
    """
    # Isolated (-I): neither the working directory nor the environment decides what is imported.
    command = [sys.executable, "-I", drawing.__file__, FORMATS[media_type], str(MOST_PIXELS)]
    try:
        done = subprocess.run(command, input=photo, capture_output=True, timeout=LONGEST_S, env={}, cwd="/")  # noqa: S603 - our own program, with words of ours
    except (subprocess.TimeoutExpired, OSError) as error:
        raise _busy() from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode not in REASONS:
        logger.error("drawing a photo ended with %s", done.returncode)
        raise _busy()
    raise Refused(REASONS[done.returncode])


def _busy() -> ServiceUnavailable:
    problem = ServiceUnavailable("The photo could not be drawn at the moment; send the last chunk again shortly.")
    problem.headers["Retry-After"] = "30"
    return problem
