"""Door to `consent.cards`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.consent.cards import cards_page

MOST = 1_000


class Command(BaseCommand):
    help = "Write a page of receipt cards to print; the codes are stored nowhere else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="Where to write the page, .html.")
        parser.add_argument("--number", type=int, default=10, help=f"How many cards, at most {MOST}; 10.")
        parser.add_argument("--language", action="append", help="Language of the text; again for each: it, en and ar.")
        parser.add_argument("--origin", required=True, help="Of this service, e.g. https://listening.example.org.")

    def handle(
        self, *args: Any, file: Path, number: int, language: list[str] | None, origin: str, **options: Any
    ) -> None:
        known = [code for code, _ in settings.LANGUAGES]
        languages = language or known
        parts = urlsplit(origin)
        if unknown := set(languages) - set(known):
            raise CommandError(f"There is no text in {', '.join(sorted(unknown))}; there is in {', '.join(known)}.")
        if not 1 <= number <= MOST:
            raise CommandError(f"{number} cards: ask for 1 to {MOST}.")
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
            raise CommandError(f"{origin!r} is no origin: write it as https://listening.example.org.")
        page = cards_page(number, languages=languages, address=f"{parts.scheme}://{parts.netloc}/receipt/")
        try:
            # Whoever reads the file could use the codes in place of those who get the cards.
            file.touch(mode=0o600, exist_ok=False)
            file.write_text(page, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} was not written: {error.strerror}.") from None
        self.stdout.write(f"{number} cards written; print the page, then delete it")
