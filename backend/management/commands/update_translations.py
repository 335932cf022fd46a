"""manage.py update_translations: bring the catalogues in step with the source, and say what is left to translate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.translations import faults, marked_strings, read_catalogue, update

SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    help = "Add new strings to the translation catalogues and drop stale ones; fails while any are not translated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        marked = marked_strings(settings.BASE_DIR)
        wrong = []
        for language, _name in settings.LANGUAGES:
            if language != SOURCE_LANGUAGE:
                path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"
                catalogue = read_catalogue(path, language) if check else update(path, language, marked)
                wrong += [f"{language}: {fault}" for fault in faults(catalogue, marked)]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(marked)} strings, all translated.")
