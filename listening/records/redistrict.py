"""Follow the boundaries: when an edition comes into force, records go to the districts it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from backend.db import sql


@dataclass(frozen=True, slots=True)
class Moved:
    """How many records changed their district."""

    conversations: int
    findings: int


@transaction.atomic
def redistrict() -> Moved:
    """Assign all records to the editions valid today; doing it again changes nothing.

    Runs within the activation of an edition, and daily, because an edition may come into force on a later day.
    """
    with connection.cursor() as cursor:
        # Right after a bulk load the statistics still tell of the tables before it, and the plan joins row by row.
        cursor.execute("SELECT records_analyze()")
        cursor.execute(sql.read("listening.records", "redistrict.sql"))
        return Moved(*cursor.fetchone())


def on_edition_activated(**_: Any) -> None:
    """Receiver of `districts.signals.edition_activated`: districts know nothing of records, they only announce."""
    redistrict()
