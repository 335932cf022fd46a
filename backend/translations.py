"""Keep the catalogues in step with the source: which strings are marked for translation, and who has them.

gettext's own programs are not needed: Django reads the templates, Babel the Python code, and Babel writes and compiles
the catalogues.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation import templatize

# Django's names for gettext, and the ones this code imports them under.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_lazy": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PACKAGES = ("backend", "districts", "listening")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
# No dates, no names, no line numbers: a catalogue changes when its words do.
HEADER = """\
# Written by hand; `manage.py update_translations` brings in what is new and tells what is left to do.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def marked_strings(root: Path) -> Catalog:
    """Everything below `root` that is marked for translation, with the files it stands in (no line numbers)."""
    found = Catalog(charset="utf-8")
    for path in _sources(root):
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            source = templatize(source, origin=str(path))
        for _line, message, _comments, context in extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            found.add(message, locations=[(path.relative_to(root).as_posix(), 0)], context=context)
    return found


def read_catalogue(path: Path, language: str) -> Catalog:
    """The catalogue of a language; an empty one when there is no file."""
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def faults(catalogue: Catalog, marked: Catalog) -> list[str]:
    """What is wrong with a catalogue: strings missing, fuzzy, not translated, stale, or with other placeholders."""
    wrong = []
    for message in _messages(marked):
        own = catalogue.get(message.id, message.context)
        if own is None:
            wrong.append(f"missing: {message.id!r}")
        elif own.fuzzy:
            wrong.append(f"fuzzy: {message.id!r}")
        elif not own.string or not all(own.string):
            wrong.append(f"not translated: {message.id!r}")
        elif message.python_format and not _fills(message, own):
            wrong.append(f"other placeholders: {message.id!r}")
    wrong.extend(f"stale: {own.id!r}" for own in _messages(catalogue) if marked.get(own.id, own.context) is None)
    return wrong


def update(path: Path, language: str, marked: Catalog) -> Catalog:
    """Bring the catalogue file of a language in step: new strings come in untranslated, stale ones go."""
    catalogue = read_catalogue(path, language)
    catalogue.update(marked, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(language=language, plural_forms=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False, omit_header=True)
    return catalogue


def _fills(message: Message, translated: Message) -> bool:
    """Whether every form can be filled with what the source gives, and leaves nothing out but in a plural form."""
    given = set(PLACEHOLDER.findall(str(message.id)))
    forms = [translated.string] if isinstance(translated.string, str) else translated.string or []
    named = [set(PLACEHOLDER.findall(form)) for form in forms]
    return all(names <= given if message.pluralizable else names == given for names in named)


def _sources(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".html"} and "migrations" not in path.parts:
                yield path


def _messages(catalogue: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalogue if message.id)
