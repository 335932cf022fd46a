"""CSV (RFC 4180) that a spreadsheet reads as data, never as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it costs half a second to import, and few answers need it
    import pandas as pd

# What makes a spreadsheet evaluate a cell, also in full width, also behind blanks and quotes (OWASP, CSV injection).
FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PASSED_OVER = " \"'\ufeff\u00a0"

Value = str | int | float | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """A CSV text with CRLF line ends. Numbers stay numbers, None is empty, texts cannot start a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([guarded(value) if isinstance(value, str) else value for value in row])
    return out.getvalue()


def csv_of_frame(frame: pd.DataFrame, *, texts: Sequence[str]) -> str:
    """The same of a frame whose columns `texts` are categorical, as most texts of a long table repeat."""
    safe = {name: frame[name].cat.rename_categories(guarded) for name in texts}
    return frame.assign(**safe).to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%d")


def guarded(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would take it for a formula."""
    bare = text.lstrip(PASSED_OVER)
    return f"'{text}" if bare[:1] in FORMULA_STARTS and bare else text
