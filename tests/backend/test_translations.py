import gettext
import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.core.management import CommandError, call_command

from backend.translations import faults, marked_strings, read_catalogue, update

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def marked() -> Catalog:
    return marked_strings(settings.BASE_DIR)


def test_strings_are_found_in_templates_and_in_python(marked):
    assert marked.get("Skip to the content") is not None
    assert marked.get("None mentions %(topic)s.") is not None
    assert marked.get("needs", context="inside a sentence") is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated_and_nothing_is_stale(marked, language):
    path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"
    assert faults(read_catalogue(path, language), marked) == []


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "لا ملفات"), (1, "ملف واحد"), (2, "ملفان"), (3, "3 ملفات"), (10, "10 ملفات"), (11, "11 ملفًا"),
        (99, "99 ملفًا"), (100, "100 ملف"), (102, "102 ملف"), (103, "103 ملفات"),
    ],
)  # fmt: skip
def test_arabic_counts_in_six_forms(count, told):
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(Path(settings.LOCALE_PATHS[0]) / "ar" / "LC_MESSAGES" / "django.po", "ar"))
    compiled.seek(0)
    words = gettext.GNUTranslations(compiled)
    assert words.ngettext("%(number)s file", "%(number)s files", count) % {"number": count} == told


def marked_with(*messages: str) -> Catalog:
    catalogue = Catalog(charset="utf-8")
    for message in messages:
        catalogue.add(message)
    return catalogue


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("", "missing: '%(n)s places'"),
        ('msgid "%(n)s places"\nmsgstr ""\n', "not translated: '%(n)s places'"),
        ('#, fuzzy\nmsgid "%(n)s places"\nmsgstr "%(n)s luoghi"\n', "fuzzy: '%(n)s places'"),
        ('msgid "%(n)s places"\nmsgstr "luoghi"\n', "other placeholders: '%(n)s places'"),
        ('msgid "%(n)s places"\nmsgstr "%(m)s luoghi"\n', "other placeholders: '%(n)s places'"),
        ('msgid "%(n)s places"\nmsgstr "%(n)s luoghi"\n\nmsgid "Old"\nmsgstr "Vecchio"\n', "stale: 'Old'"),
    ],
)
def test_each_fault_is_told(tmp_path, entry, fault):
    path = tmp_path / "django.po"
    path.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n{entry}')
    assert faults(read_catalogue(path, "it"), marked_with("%(n)s places")) == [fault]


def test_an_update_adds_what_is_new_drops_what_is_stale_and_keeps_the_rest(tmp_path):
    path = tmp_path / "it" / "django.po"
    update(path, "it", marked_with("Theme", "Old"))
    path.write_text(path.read_text().replace('msgid "Theme"\nmsgstr ""', 'msgid "Theme"\nmsgstr "Tema"'))
    update(path, "it", marked_with("Theme", "New"))
    catalogue = read_catalogue(path, "it")
    assert {message.id: message.string for message in catalogue if message.id} == {"Theme": "Tema", "New": ""}
    assert not catalogue.fuzzy


def test_the_command_says_that_all_is_translated_and_changes_nothing_when_asked_to_check(capsys):
    catalogue = Path(settings.LOCALE_PATHS[0]) / "it" / "LC_MESSAGES" / "django.po"
    before = catalogue.read_bytes()
    call_command("update_translations", "--check")
    assert "all translated" in capsys.readouterr().out
    call_command("update_translations")
    assert catalogue.read_bytes() == before


def test_the_command_fails_while_something_is_left_to_translate(monkeypatch):
    monkeypatch.setattr("backend.management.commands.update_translations.marked_strings", lambda _: marked_with("New"))
    with pytest.raises(CommandError, match="it: missing: 'New'"):
        call_command("update_translations", "--check")
