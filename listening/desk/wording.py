"""Codes of records, sessions, venues and sync in the reader's language. One entry for each code (tested)."""

from __future__ import annotations

import datetime as dt

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from listening.audit.purposes import Purpose
from listening.drawing.wording import listed
from listening.sync.outcomes import Dismissal

Text = str | Promise

KINDS: dict[str, Text] = {
    "need": pgettext_lazy("one finding", "Need"),
    "challenge": pgettext_lazy("one finding", "Challenge"),
    "proposal": pgettext_lazy("one finding", "Proposal"),
    "asset": pgettext_lazy("one finding", "Asset"),
    "question": pgettext_lazy("one finding", "Question"),
    "thanks": pgettext_lazy("one finding", "Thanks"),
}
CHANNELS: dict[str, Text] = {
    "street": _lazy("street"),
    "door": _lazy("door"),
    "venue_desk": _lazy("desk of a venue"),
    "event": _lazy("event"),
    "phone": _lazy("phone"),
    "sms": _lazy("SMS"),
    "email": _lazy("e-mail"),
    "paper": _lazy("paper"),
    "web": _lazy("web"),
}
SESSION_KINDS: dict[str, Text] = {
    "stall": _lazy("Stall"),
    "assembly": _lazy("Assembly"),
    "workshop": _lazy("Workshop"),
    "walk": _lazy("Walk"),
    "doorstep": _lazy("Door to door"),
    "desk": _lazy("Desk of a venue"),
    "other": _lazy("Other"),
}
VENUE_KINDS: dict[str, Text] = {
    "library": _lazy("Library"),
    "neighbourhood_house": _lazy("Neighbourhood house"),
    "market": _lazy("Market"),
    "school": _lazy("School"),
    "park": _lazy("Park"),
    "social_centre": _lazy("Social centre"),
    "office": _lazy("Office"),
    "other": _lazy("Other"),
}
DISMISSALS: dict[str, Text] = {
    Dismissal.NOT_ALLOWED: _lazy("They were not to log there"),
    Dismissal.LOGGED_TWICE: _lazy("It was logged by somebody else, too"),
    Dismissal.MISTAKE: _lazy("It was logged by mistake"),
    Dismissal.TRIAL: _lazy("It was a trial"),
}
PURPOSES: dict[str, Text] = {
    Purpose.COORDINATION: _lazy("Coordination"),
    Purpose.FOLLOW_UP: _lazy("To follow up on a need"),
    Purpose.CORRECTION: _lazy("To correct a record"),
    Purpose.DATA_PROTECTION_REQUEST: _lazy("A request about data protection"),
    Purpose.SUPPORT: _lazy("To help a listener"),
}
OPS: dict[tuple[str, str], Text] = {
    ("session", "create"): _lazy("a new session"),
    ("conversation", "create"): _lazy("a new conversation"),
    ("conversation", "update"): _lazy("a change of a conversation"),
    ("conversation", "delete"): _lazy("the deletion of a conversation"),
    ("finding", "create"): _lazy("a new finding"),
    ("finding", "update"): _lazy("a change of a finding"),
    ("finding", "delete"): _lazy("the deletion of a finding"),
}
# What problems of other capabilities say at the desk; of the desk's own, the text itself is in the reader's language.
TOLD: dict[str, Text] = {
    "purpose-required": _lazy(
        "Here are records of others with a sensitive theme. Choose below what you read them for; it is recorded."
    ),
    "service-unavailable": _lazy("The service is busy or its database is away; try again shortly."),
    "internal-error": _lazy("Something broke on our side; nothing was changed."),
}
# Members of a conversation and of a finding that can clash.
MEMBERS: dict[str, Text] = {
    "occurred_at": _lazy("When"),
    "channel": _lazy("How they were met"),
    "language": _lazy("Language"),
    "people_count": _lazy("How many people"),
    "bands": _lazy("Ages and other bands"),
    "session": _lazy("Session"),
    "venue": _lazy("Venue"),
    "summary": _lazy("Summary"),
    "place": _lazy("Place"),
    "is_test": _lazy("Trial entry"),
    "may_be_counted": _lazy("May be counted"),
    "consents": _lazy("Consent"),
    "receipt": _lazy("Card"),
    "findings": _lazy("Findings"),
    "kind": _lazy("Kind"),
    "text": _lazy("What was said"),
    "severity": _lazy("How pressing"),
    "shared_by": _lazy("Shared by"),
    "themes": _lazy("Themes"),
}
BANDS: dict[tuple[str, str], Text] = {
    ("age", "0-13"): _lazy("children under 14"),
    ("age", "14-17"): _lazy("people aged 14 to 17"),
    ("age", "18-34"): _lazy("people aged 18 to 34"),
    ("age", "35-64"): _lazy("people aged 35 to 64"),
    ("age", "65+"): _lazy("people of 65 and over"),
    ("gender", "female"): _lazy("women"),
    ("gender", "male"): _lazy("men"),
    ("citizenship", "it"): _lazy("Italian citizens"),
    ("citizenship", "eu"): _lazy("citizens of the European Union"),
    ("citizenship", "non_eu"): _lazy("citizens of other countries"),
}


def a_band(variable: str, band: str) -> str:
    """A band in words; of bands that a city added, its code."""
    return str(BANDS.get((variable, band), f"{variable} {band}"))


def worded(member: str, value: object) -> str:
    """A value of a member as one reads it, codes, places and instants in words; empty for nothing."""
    match value:
        case None | "" | [] | {}:
            return ""
        case bool():
            return str(_lazy("yes") if value else _lazy("no"))
        case str() if member == "occurred_at":
            return _instant(value)
        case str():
            return str({"channel": CHANNELS, "kind": KINDS}.get(member, {}).get(value, value))
        case {"kind": "point", "point": {"coordinates": [lon, lat]}}:
            return f"{lat}, {lon}"
        case {"kind": "district", "layer": layer, "code": code}:
            return f"{layer} {code}"
        case {"kind": "city"}:
            return str(_lazy("the whole city"))
        case {"kind": "none"}:
            return str(_lazy("no place"))
        case dict():
            return listed(f"{name}: {worded('', inner)}" for name, inner in value.items())
        case list():
            return listed(worded("", inner) for inner in value)
        case _:
            return str(value)


def _instant(text: str) -> str:
    try:
        return date_format(localtime(dt.datetime.fromisoformat(text)), "j M Y, H:i")
    except (ValueError, OverflowError):
        return text
