"""Follow the boundaries: when an edition comes into force, records go to the districts it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from backend.db import sql
from districts.crosswalk import write_crosswalks

# Conversations that move in one transaction: writers of the same ones wait for a second at most.
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Moved:
    """How many records changed their district."""

    conversations: int
    findings: int


def redistrict() -> Moved:
    """Assign all records to the editions valid today, batch by batch; doing it again changes nothing.

    When it is killed, the batches before stay moved, and the next run moves the rest. Runs after the activation of an
    edition, and daily, because an edition may come into force on a later day.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        write_crosswalks()
        # Right after a bulk load the statistics still tell of the tables before it, and the plan joins row by row.
        cursor.execute("SELECT records_analyze()")
    conversations = findings = 0
    after: UUID | None = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.read("listening.records", "redistrict.sql"), {"after": after, "most": BATCH})
            after, *moved = cursor.fetchone()
        conversations, findings = conversations + moved[0], findings + moved[1]
        if after is None:
            return Moved(conversations, findings)
