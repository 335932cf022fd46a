"""Door to `rollups.reconcile`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.rollups.reconcile import reconcile, repair

SHOWN = 20  # differences printed; the count tells the rest


class Command(BaseCommand):
    help = "Count every cell and square anew from the records and compare; exit 1 when one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Write them anew; writers wait meanwhile.")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = reconcile()
        for d in outcome.differences[:SHOWN]:
            self.stdout.write(
                f"{d.role} {d.grain} {d.bucket} district {d.district_id} theme {d.theme_id} {d.kind}: "
                f"cell {d.kept_conversations}/{d.kept_mentions}/{d.kept_severe}, "
                f"records {d.true_conversations}/{d.true_mentions}/{d.true_severe}"
            )
        if outcome.occasions or outcome.sums:
            self.stdout.write(f"{outcome.occasions} occasions, sums of {outcome.sums} cells")
        if outcome.squares or outcome.hexagons:
            self.stdout.write(f"{outcome.squares} squares, hexagons of {outcome.hexagons} conversations")
        line = f"{outcome.cells} cells, {outcome.conversations} conversations, {outcome.wrong} differences"
        if not outcome.wrong:
            self.stdout.write(f"{line}: cells = records")
        elif options["repair"]:
            repair()
            self.stdout.write(f"{line}: written anew")
        else:
            raise CommandError(f"{line}; run again with --repair to write the cells anew")
