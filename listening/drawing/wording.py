"""Numbers, periods and codes in the reader's language; names of places, layers and themes are data.

Digits are 0 to 9 in Arabic, too: as in the Maghreb, and as in the codes, periods (2026-Q3) and files beside them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext, pgettext_lazy, to_locale
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from backend.periods import Period

Text = str | Promise

# One entry for each value of Finding.Kind (tested): the choice in a list, and the same inside a sentence.
KINDS: dict[str, Text] = {
    "need": _lazy("Needs"),
    "challenge": _lazy("Challenges"),
    "proposal": _lazy("Proposals"),
    "asset": _lazy("Assets"),
    "question": _lazy("Questions"),
    "thanks": _lazy("Thanks"),
}
KINDS_IN_A_SENTENCE: dict[str, Text] = {
    "need": pgettext_lazy("inside a sentence", "needs"),
    "challenge": pgettext_lazy("inside a sentence", "challenges"),
    "proposal": pgettext_lazy("inside a sentence", "proposals"),
    "asset": pgettext_lazy("inside a sentence", "assets"),
    "question": pgettext_lazy("inside a sentence", "questions"),
    "thanks": pgettext_lazy("inside a sentence", "thanks"),
}

# Below what rounding of a computed share leaves behind: 0.29 * 100 is 28.999999999999996.
TINY = 1e-9

YEARS, QUARTERS, MONTHS = _lazy("Years"), _lazy("Quarters"), _lazy("Months")
CHOSEN_PERIOD = _lazy("Chosen days")


def number(value: int) -> str:
    """A count with the separators of the language: 3.012 or 3,012."""
    return format_decimal(value, locale=_locale())


def decimal(value: float, decimals: int = 1) -> str:
    """A number with as many decimals, and a minus sign where it is below zero."""
    return _together(format_decimal(value, format=f"0.{'0' * decimals}", locale=_locale()).replace("-", "\u2212"))


def percent(share: float, breaks: tuple[float, ...] = ()) -> str:
    """A share (0-1) in whole per cent; with decimals only where rounding would tell another story.

    A small share never becomes 0 %, one just under a break never looks as if it were in the class above, and only
    everybody is 100 %.
    """
    limits = (*breaks, 1.0)
    for decimals in (0, 1, 2):
        shown = round(share, decimals + 2)
        tells_the_truth = (shown > 0 or share == 0) and all((shown >= limit) == (share >= limit) for limit in limits)
        if tells_the_truth:
            break
    pattern = _locale().percent_formats[None].pattern
    pattern = pattern if decimals == 0 else pattern.replace("0", f"0.{'0' * decimals}")
    return _together(format_percent(shown, pattern, _locale()))


def interval(low: float, high: float) -> str:
    """The ends of an interval of shares, rounded outwards: what is said to lie in it does."""
    ends = math.floor(low * 100 + TINY), math.ceil(high * 100 - TINY)
    return _("%(low)s to %(high)s") % {
        "low": number(ends[0]),
        "high": _together(format_percent(ends[1] / 100, locale=_locale())),
    }


def signed(value: int) -> str:
    """A whole number with its sign: +12, 0, and -3 with a minus sign."""
    return _together(f"+{number(value)}" if value > 0 else number(value).replace("-", "\u2212"))


def listed(parts: Iterable[str]) -> str:
    """Parts of a list in a row, with the comma of the language."""
    return pgettext("between the parts of a list", ", ").join(parts)


def nobody(*, is_rounded: bool) -> str:
    """What no conversation means: of published counts, which are rounded, that there were hardly any."""
    return _("hardly any listening, or none") if is_rounded else _("nobody listened yet")


def distance(metres: float) -> str:
    """A length on the ground, in kilometres or metres."""
    return f"{number(round(metres / 1000))} km" if metres >= 1000 else f"{number(round(metres))} m"


def day(value: dt.date) -> str:
    """A date in words: 14 marzo 2026."""
    return format_date(value, "long", _locale())


def period(value: Period) -> str:
    """A period in words: 2026, 3rd quarter 2026, July 2026; otherwise its first and last day."""
    first = value.first
    if value == Period.year(first.year):
        return str(first.year)
    if value == Period.quarter(first.year, (first.month + 2) // 3):
        return format_date(first, "QQQQ yyyy", _locale())
    if value == Period.month(first.year, first.month):
        return format_date(first, "LLLL yyyy", _locale())
    last = value.until - dt.timedelta(days=1)
    if first == last:
        return day(first)
    return _("%(first)s to %(last)s") % {"first": day(first), "last": day(last)}


def _together(number: str) -> str:
    """A number with its sign, isolated where text runs from right to left: else the sign changes sides (UAX #9)."""
    return f"\u2066{number}\u2069" if _locale().text_direction == "rtl" else number


def _locale() -> Locale:
    return _parsed(get_language() or "en")


@cache
def _parsed(language: str) -> Locale:
    # English as it is written in Europe: 14 March, not March 14.
    return Locale.parse("en_GB" if language == "en" else to_locale(language))
