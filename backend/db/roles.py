"""The roles of the service in the database: make them, give them their rights, and look at the one in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from backend.db import sql

ROLES: Final = ("listening_api", "listening_worker", "listening_backup", "listening_open_reader", "listening_vault")


def missing_roles() -> list[str]:
    """The roles that this cluster does not have yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        there = {row[0] for row in cursor.fetchall()}
    return [role for role in ROLES if role not in there]


def may_make_roles() -> bool:
    """Whether the role of this connection may make others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


@transaction.atomic
def make_roles() -> None:
    """Make the roles and set their limits. Raises ProgrammingError where this connection may not."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("backend.db", "make_roles.sql"))


@transaction.atomic
def grant_roles() -> None:
    """Give the roles their rights in this database. Raises ProgrammingError where this connection may not."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("backend.db", "grant_roles.sql"))


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role of this connection may do that a web server has no use for."""

    role: str
    excess: tuple[str, ...]


def excess_rights() -> Rights:
    """Look at the role of this connection. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("backend.db", "excess_rights.sql"))
        role, *found = cursor.fetchone()
    names = ("is a superuser", "may make roles or databases", "owns tables", "may make tables")
    return Rights(role, tuple(name for name, has in zip(names, found, strict=True) if has))


def closed_tables(role: str) -> int | None:
    """How many tables of this database a role cannot read; None when there is no such role."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("backend.db", "closed_tables.sql"), {"role": role})
        number: int | None = cursor.fetchone()[0]
        return number


@dataclass(frozen=True, slots=True)
class OpenReach:
    """How far a role reaches that should read what is published, and nothing else; names of tables."""

    beyond: tuple[str, ...]
    lacking: tuple[str, ...]


def open_reach(role: str) -> OpenReach:
    """Look at a role that is there. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("backend.db", "open_reach.sql"), {"role": role})
        beyond, lacking = cursor.fetchone()
    return OpenReach(tuple(beyond), tuple(lacking))
