"""Place or end a hold: what retention leaves alone."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend import clock
from listening.erasure.models import Hold
from listening.records.models import Conversation


class Command(BaseCommand):
    help = "Keep a conversation beyond its time, e.g. for a claim at law; residents can withdraw it all the same."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("conversation", type=UUID)
        parser.add_argument("--reason", default="", help="File number or the like, up to 200 characters.")
        parser.add_argument("--end", action="store_true", help="End the hold.")

    def handle(self, *args: Any, conversation: UUID, reason: str, end: bool, **options: Any) -> None:
        if end:
            ended, _ = Hold.objects.filter(conversation=conversation).delete()
            self.stdout.write("the hold is over" if ended else "there was no hold")
            return
        if not reason.strip() or len(reason) > 200:
            raise CommandError("A hold has a --reason of 1 to 200 characters.")
        if not Conversation.objects.filter(pk=conversation).exists():
            raise CommandError(f"There is no conversation {conversation}.")
        Hold.objects.update_or_create(
            conversation_id=conversation, defaults={"reason": reason.strip(), "placed_at": clock.now()}
        )
        self.stdout.write("held")
