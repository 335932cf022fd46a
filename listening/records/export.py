"""All conversations as one file: what a city takes with it when it leaves, or analyses where nobody else looks.

The database makes the lines and streams them (COPY); nothing of them is held here but the piece on its way. One
statement, so the file is one moment.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from psycopg.sql import SQL, Composed, Literal

from backend.db import sql
from listening.audit.purposes import Purpose
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.records.models import Conversation

AT_A_TIME: Final = 500  # conversations that are put together in one go inside the database
# JSON holds no control characters: with those as quotes nothing is ever quoted. Text format doubles backslashes.
AS_IT_IS: Final = SQL("FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'")
EXPORT: Final = SQL(
    """
COPY (
    SELECT '{{"type":"Feature","id":"' || page.id || '","geometry":' || coalesce(page.geometry, 'null')
           || ',"properties":' || page.document || '}}'
    FROM (
        SELECT array_agg(id ORDER BY occurred_at, id) AS ids
        FROM (
            SELECT id, occurred_at, (row_number() OVER (ORDER BY occurred_at, id) - 1) / {at_a_time} AS number
            FROM records_conversation
            WHERE occurred_on >= {first} AND occurred_on < {until}
        ) AS numbered
        GROUP BY number
        ORDER BY number
    ) AS batch
    CROSS JOIN LATERAL ({documents}) AS page
) TO STDOUT WITH ({form})
"""
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: conversations and bytes."""

    conversations: int
    size: int


def export_conversations(
    to: Path,
    *,
    by: AbstractBaseUser,
    purpose: Purpose,
    first: dt.date = dt.date.min,
    until: dt.date = dt.date.max,
) -> Exported:
    """Write the conversations of the days from `first` to before `until` as newline-delimited GeoJSON, oldest first.

    Each line is the feature that the API shows to those who may read everything; EPSG:4326. The file can be read by its
    owner alone. It has its name once all of it is on the disk and the export is in the audit. Raises FileExistsError
    when there is such a file, OSError when it cannot be written; then nothing of it is left.
    """
    if to.exists():
        raise FileExistsError(f"There is a {to} already.")
    unfinished = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
    try:
        exported = _write(unfinished, statement(first, until))
        record(Verb.EXPORT, Conversation, by=by, purpose=purpose, number=exported.conversations)
        os.link(unfinished, to)  # unlike a renaming, never over a file that came meanwhile
    finally:
        unfinished.unlink(missing_ok=True)
    return exported


def statement(first: dt.date, until: dt.date) -> Composed:
    """The COPY. Rows: one line per conversation."""
    documents = sql.read("listening.records", "conversations_as_json.sql").replace("%(ids)s", "batch.ids")
    return EXPORT.format(
        at_a_time=Literal(AT_A_TIME),
        first=Literal(first),
        until=Literal(until),
        documents=SQL(documents),
        form=AS_IT_IS,
    )


def _write(to: Path, copy: Composed) -> Exported:
    connection.ensure_connection()
    session: psycopg.Connection = connection.connection
    size = 0
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with session.cursor() as cursor:
            with cursor.copy(copy) as lines:
                for piece in lines:
                    size += file.write(piece)
            conversations = cursor.rowcount
        file.flush()
        os.fsync(file.fileno())
    return Exported(conversations, size)
