"""The program that draws a photo anew: from standard input to standard output, and then it ends.

Runs alone (`redraw` starts it), knows nothing of the project, and sets its own limits before it reads a byte.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
import warnings
from typing import Any, Final

from PIL import Image, ImageOps

BROKEN: Final = 3
TOO_MANY_PIXELS: Final = 4
TOO_COSTLY: Final = 5

MEMORY_BYTES: Final = 1_500_000_000  # four times the pixels of the largest photo, and the libraries
PROCESSOR_S: Final = 20
# A copy that nobody can tell from the photo. PNG and WebP spend their time on size, which is not what we are short of.
SAVED: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 90},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 90, "method": 2},
}
# What Pillow raises for files that are none, are cut off, or lie about themselves.
UNREADABLE: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)
MODES: Final = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "RGBA", "L", "LA"), "WEBP": ("RGB", "RGBA")}


def confine() -> None:
    """No more memory and time than a photo takes; no file, no process, no memory on disk."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
    # At the first of the two it is told why it ends (SIGXCPU), so that it is not taken for one that ran out of luck.
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S + 5))


def draw(photo: bytes, kind: str, most_pixels: int) -> bytes:
    """The pixels of a photo, upright, in a new file of the same kind. Raises what Pillow raises, and OverflowError."""
    with Image.open(io.BytesIO(photo), formats=[kind]) as opened:
        # Known from the first bytes; the pixels are not decoded yet.
        if opened.width * opened.height > most_pixels:
            raise OverflowError
        opened.load()
        turn(opened)
        pixels = opened if opened.mode in MODES[kind] else opened.convert(mode_of(opened, kind))
        # What the file said beside the pixels hangs on the image that was opened, and would be written with it.
        clean = Image.new(pixels.mode, pixels.size)
        clean.paste(pixels)
    written = io.BytesIO()
    clean.save(written, kind, **SAVED[kind])
    return written.getvalue()


def turn(image: Image.Image) -> None:
    """Turn a photo upright, as its EXIF says; one whose EXIF says nothing readable stays as it is."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except (*UNREADABLE, struct.error, AttributeError, ZeroDivisionError):
        return


def mode_of(image: Image.Image, kind: str) -> str:
    """The mode that a kind of file has, nearest to that of the image; without paper colours and palettes."""
    return "RGBA" if image.has_transparency_data and "RGBA" in MODES[kind] else "RGB"


def main() -> int:
    kind, most_pixels = sys.argv[1], int(sys.argv[2])
    # Loaded while files can still be opened.
    Image.init()
    confine()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = most_pixels
    try:
        drawn = draw(sys.stdin.buffer.read(), kind, most_pixels)
    except (OverflowError, Image.DecompressionBombError):
        return TOO_MANY_PIXELS
    except MemoryError:
        return TOO_COSTLY
    except (*UNREADABLE, struct.error):
        return BROKEN
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
