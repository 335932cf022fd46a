"""What residents read, in the language they read it in: words for the codes of their record."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from listening.codelists.models import ThemeLabel
from listening.fieldapp.shell import MESSAGES

PURPOSES = {
    "statistics": gettext_lazy("being counted"),
    "quote": gettext_lazy("having your words repeated"),
    "recontact": gettext_lazy("being called back"),
}
MODES = {
    "spoken": gettext_lazy("you said so"),
    "written": gettext_lazy("in writing"),
    "guardian": gettext_lazy("by a guardian"),
}
TITLES = {
    "age": gettext_lazy("Age"),
    "gender": gettext_lazy("Gender"),
    "tie": gettext_lazy("Tie to the place"),
    "citizenship": gettext_lazy("Citizenship"),
}


def in_words(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A copy as a page shows it: members of the document, with words in place of codes. The document stays as it is."""
    words = _words(language)
    labels = _labels([theme for finding in document["findings"] for theme in finding["themes"]], language)
    bands = {
        TITLES.get(variable, variable): {
            words.get(f"band.{variable}.{band}", band): people for band, people in counted.items()
        }
        for variable, counted in document["bands"].items()
    }
    consents = [
        {**one, "purpose": PURPOSES.get(one["purpose"], one["purpose"]), "mode": MODES.get(one["mode"], one["mode"])}
        for one in document["consents"]
    ]
    findings = [
        {
            **finding,
            "kind": words.get(f"kind.{finding['kind']}", finding["kind"]),
            "themes": [labels.get(theme, theme) for theme in finding["themes"]],
        }
        for finding in document["findings"]
    ]
    happened = dt.datetime.fromisoformat(document["occurred_at"])
    return {**document, "bands": bands, "consents": consents, "findings": findings, "happened": happened}


@cache
def _words(language: str) -> Mapping[str, str]:
    """The words of the field app: residents read what was chosen there by the same names."""
    file = MESSAGES / f"{language}.json"
    told: Mapping[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return told


def _labels(themes: list[str], language: str) -> dict[str, str]:
    """Labels of themes by code, in the language, or else in the city's."""
    found = ThemeLabel.objects.filter(theme__code__in=themes, language__in=[language, settings.LANGUAGE_CODE])
    told = {(code, spoken): label for code, spoken, label in found.values_list("theme__code", "language", "label")}
    return {
        code: label
        for code in themes
        if (label := told.get((code, language)) or told.get((code, settings.LANGUAGE_CODE)))
    }
