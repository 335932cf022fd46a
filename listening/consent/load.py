"""Load the notice for residents from YAML: one version, in as many languages as the city speaks."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from backend import clock
from listening.consent.models import Notice

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


class NoticeError(ValueError):
    """The file is no notice, or would change one; the message lists every mistake."""


@transaction.atomic
def load_notices(path: Path) -> int:
    """Store the texts of a file that are not here yet; how many. A stored text never changes: people agreed to it.

    Raises NoticeError.
    """
    version, texts = read_notices(path)
    hashes = {language: hashlib.sha256(text.encode()).hexdigest() for language, text in texts.items()}
    stored = dict(Notice.objects.filter(version=version).values_list("language", "sha256"))
    changed = sorted(language for language, told in hashes.items() if stored.get(language, told) != told)
    if changed:
        raise NoticeError(
            f"Version {version} is here with another text in {', '.join(changed)}: give it a new version."
        )
    now = clock.now()
    new = [
        Notice(version=version, language=language, text=texts[language], sha256=told, loaded_at=now)
        for language, told in hashes.items()
        if language not in stored
    ]
    Notice.objects.bulk_create(new)
    return len(new)


def read_notices(path: Path) -> tuple[str, dict[str, str]]:
    """Version and texts by language of a file with the members `version` and `texts`. Raises NoticeError."""
    try:
        told: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoticeError(f"{path} cannot be read: {error}") from error
    if not isinstance(told, dict) or set(told) != {"version", "texts"} or not isinstance(told["texts"], dict):
        raise NoticeError("A notice has two members: version, and texts by language.")
    version, texts = told["version"], told["texts"]
    wrong = []
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        wrong.append(f"version {version!r}: write up to 20 letters, digits, points and hyphens, in quotes")
    for language, text in texts.items():
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            wrong.append(f"language {language!r}: write a BCP 47 tag, e.g. it")
        if not isinstance(text, str) or not text.strip():
            wrong.append(f"text in {language!r}: it is empty")
    if wrong or not texts:
        raise NoticeError("; ".join(wrong) or "There is no text in it.")
    return version, {language: text.strip() for language, text in texts.items()}
