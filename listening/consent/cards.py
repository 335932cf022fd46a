"""Cards for residents: a code that nobody has yet, its QR code, and what it is for, on a page to print.

Nothing is stored: a card becomes a receipt when a conversation comes with its code.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from listening.consent.codes import new_code
from listening.fieldwork.qr import as_svg


def cards_page(number: int, *, languages: Sequence[str], address: str) -> str:
    """An HTML page with so many cards, each in every language. `address` is that of the page for receipts, https://..."""
    texts = []
    for language in languages:
        with translation.override(language):
            texts.append(
                {
                    "language": language,
                    "dir": "rtl" if translation.get_language_bidi() else "ltr",
                    "title": translation.gettext("Your receipt"),
                    "says": translation.gettext(
                        "With this code you can read what was noted of our conversation, or have it deleted. "
                        "No name, no account. Whoever holds the card can do so: keep it as you keep a key."
                    ),
                }
            )
    cards = []
    for code in (new_code() for _ in range(number)):
        # In the fragment, which no browser sends and so no log keeps.
        drawn = as_svg(f"{address}#{code}")
        cards.append({"code": code, "qr": mark_safe(drawn)})  # noqa: S308 - drawn by us: numbers and letters of SVG alone
    return render_to_string("consent/cards.html", {"cards": cards, "texts": texts, "address": address})
