"""manage.py doctor: what is there, what is missing, and the command that mends it.

Made for the moment when something does not work, so it must not break itself: the database may be away, empty or too
old. What stands on something missing is not asked, and the report says so.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.gdal import GDALException, SRSException, gdal_full_version
from django.contrib.gis.geos import Point
from django.contrib.gis.geos.libgeos import geos_version
from django.core.checks import ERROR, WARNING, run_checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, NotSupportedError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Exists, OuterRef

from backend import clock
from backend.checks import database_configured
from backend.db.roles import closed_tables
from backend.health import LEAST_FREE_DISK
from backend.management.commands.demo import UNUSED_STATIC, static_sources
from districts.models import BoundaryEdition, District, Layer
from listening.codelists.models import Theme
from listening.consent.models import Withdrawal
from listening.fieldwork.models import User
from listening.records.models import Conversation, Finding, Tombstone
from listening.rollups.merge import LONG_LOG
from listening.vault.errors import VaultKeyMissing, VaultKeyWrong
from listening.vault.rotate import verify

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL, OLDEST_POSTGIS = 14, (3, 1)  # of Django 5.2
# The owner of a database may create these, so the migrations do. PostGIS takes a superuser.
CREATED_BY_MIGRATIONS = ("btree_gist", "pg_trgm", "unaccent")
PATIENCE_S = 5


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the report; `mend` is the exact command, or what to do where no command can do it."""

    state: State
    about: str
    said: str
    mend: str = ""


Question = Callable[[], Iterator[Answer]]


class Command(BaseCommand):
    help = "Say what is there and what is missing, and how to mend it; exit 1 when something needed is missing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        is_well = True
        for answer in examine():
            is_well = is_well and answer.state is not State.MISSING
            self.stdout.write(f"{answer.state:8} {answer.about:12} {answer.said}")
            if answer.mend:
                self.stdout.write(f"{'':21} -> {answer.mend}")
        if not is_well:
            sys.exit(1)


def examine() -> Iterator[Answer]:
    """Ask stage by stage; what is missing in one stage leaves the later ones unasked."""
    for question in MACHINE:
        yield from question()
    for number, stage in enumerate(DATABASE):
        answers = [answer for question in stage for answer in asked_of_database(question)]
        yield from answers
        later = [name(question) for stage in DATABASE[number + 1 :] for question in stage]
        if later and any(answer.state is State.MISSING for answer in answers):
            yield Answer(State.NOTE, "not asked", f"{', '.join(later)}: mend the database first")
            return


def asked_of_database(question: Question) -> list[Answer]:
    """The answers, or one that says why there are none: a database in trouble may fail at any question."""
    try:
        return list(question())
    except DatabaseError as error:
        return [Answer(State.MISSING, name(question), f"no answer: {first_line(error)}", "see the log of PostgreSQL")]


def name(question: Question) -> str:
    return question.__name__.replace("_", " ")


def first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def python_command() -> str:
    """The interpreter as one types it in the checkout."""
    program = Path(sys.executable)
    return str(program.relative_to(settings.BASE_DIR)) if program.is_relative_to(settings.BASE_DIR) else "python3"


def manage(command: str) -> str:
    return f"{python_command()} manage.py {command}"


# --- this machine ------------------------------------------------------------------------------------
def python() -> Iterator[Answer]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        yield Answer(
            State.MISSING,
            "Python",
            f"{version}, {oldest} or newer is needed",
            f"make clean && make demo PYTHON=python{oldest}",
        )
    else:
        yield Answer(State.OK, "Python", version)


def libraries() -> Iterator[Answer]:
    """GDAL and GEOS were loaded before this command began; PROJ's tables are looked for when they are used."""
    gdal, geos = gdal_full_version().decode().partition(",")[0], geos_version().decode().partition("-")[0]
    try:
        Point(11.3469, 44.5174, srid=4326).transform(32632)
    except (GDALException, SRSException) as error:
        yield Answer(
            State.MISSING,
            "libraries",
            f"{gdal} does not transform coordinates: {first_line(error)}",
            "unset PROJ_LIB PROJ_DATA GDAL_DATA; "
            f"{python_command()} -m pip install --force-reinstall --require-hashes -r requirements.txt",
        )
        return
    yield Answer(State.OK, "libraries", f"{gdal}, GEOS {geos}")


def configuration() -> Iterator[Answer]:
    """The system checks of this project, and the one that only a serving process makes."""
    messages = [message for message in run_checks() if message.level >= WARNING]
    for message in messages:
        state = State.MISSING if message.level >= ERROR else State.NOTE
        yield Answer(state, "settings", f"{message.id}: {message.msg}", message.hint or "")
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY and not (settings.DEMO or settings.DEBUG):
        yield Answer(
            State.NOTE,
            "settings",
            "LISTENING_SECRET_KEY is not set; a city needs one, the demo and the tests do not",
            "export LISTENING_SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(50))'), and keep it",
        )
    elif not messages:
        yield Answer(State.OK, "settings", "no mistakes found")


def translations() -> Iterator[Answer]:
    sources = [path for folder in settings.LOCALE_PATHS for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))]
    stale = [path for path in sources if not is_newer(path.with_suffix(".mo"), path)]
    if stale:
        languages = ", ".join(path.parent.parent.name for path in stale)
        pybabel = shlex.join([python_command(), "-m", "babel.messages.frontend"])
        yield Answer(
            State.NOTE,
            "translations",
            f"not compiled, or older than their source: {languages}; pages come in English",
            f"{pybabel} -q compile -d backend/locale -D django",
        )
    else:
        yield Answer(State.OK, "translations", f"{len(sources)} compiled")


def is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def static_files() -> Iterator[Answer]:
    """A page that asks for a file without an entry in the manifest fails as a whole."""
    mend = manage(" ".join(["collectstatic --noinput --clear", *(f"--ignore {package}" for package in UNUSED_STATIC)]))
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    try:
        paths: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))["paths"]
    except (OSError, ValueError, KeyError):
        yield Answer(State.MISSING, "static files", "not collected", mend)
        return
    sources = list(static_sources())
    absent = [file for file, _source in sources if not Path(settings.STATIC_ROOT, paths.get(file, " ")).is_file()]
    changed = [file for file, source in sources if not is_newer(manifest, source)]
    if absent:
        yield Answer(State.MISSING, "static files", f"{len(absent)} not collected, e.g. {absent[0]}", mend)
    elif changed:
        yield Answer(State.NOTE, "static files", f"{len(changed)} changed since, e.g. {changed[0]}", mend)
    else:
        yield Answer(State.OK, "static files", f"{len(sources)} collected")


def var_folder() -> Iterator[Answer]:
    folder = Path(settings.BASE_DIR, "var")
    # The private cluster lives there; with a server of one's own, only static files do.
    is_elsewhere = os.environ.get("DATABASE_URL") or os.environ.get("LISTENING_API_DATABASE_URL")
    state = State.NOTE if is_elsewhere else State.MISSING
    if not folder.exists():
        yield Answer(state, "var", "not there yet", f"mkdir {shlex.quote(str(folder))}")
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Answer(
            state, "var", f"cannot be written: {error.strerror}", f'sudo chown "$(id -un)" {shlex.quote(str(folder))}'
        )
    else:
        yield Answer(State.OK, "var", "can be written")


def disk() -> Iterator[Answer]:
    usage = shutil.disk_usage(settings.BASE_DIR)
    said = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.0f} GB"
    if usage.free / usage.total < LEAST_FREE_DISK:
        mount = shlex.quote(str(settings.BASE_DIR))
        mend = f'du -xh "$(stat -c %m {mount})" | sort -h | tail -20, to see what fills it'
        yield Answer(State.MISSING, "disk", f"{said}, less than {LEAST_FREE_DISK:.0%}", mend)
    else:
        yield Answer(State.OK, "disk", said)


def chromium() -> Iterator[Answer]:
    found = shutil.which("chromium")
    if found is None:
        mend = "apt-get install --no-install-recommends -y chromium"
        yield Answer(State.NOTE, "Chromium", "not here; the tests with a browser are skipped", mend)
    else:
        yield Answer(State.OK, "Chromium", found)


# --- the database ------------------------------------------------------------------------------------
def database() -> Iterator[Answer]:
    for message in database_configured(None):
        yield Answer(State.MISSING, "database", message.msg, message.hint or "")
        return
    try:
        connection.ensure_connection()
    except NotSupportedError as error:
        # Django asks for the version itself, on each new connection.
        yield too_old_postgresql(first_line(error))
        return
    except DatabaseError as error:
        if os.environ.get("DATABASE_URL"):
            mend = "start that server or correct DATABASE_URL, until this answers: psql \"$DATABASE_URL\" -c 'SELECT 1'"
        else:
            mend = f"{python_command()} -m backend.localdb up"
        yield Answer(State.MISSING, "database", f"does not answer: {first_line(error)}", mend)
        return
    row = ask("SELECT current_database(), current_user, current_setting('server_version_num')::int / 10000")
    if row[2] < OLDEST_POSTGRESQL:
        yield too_old_postgresql(f"PostgreSQL {row[2]}")
    else:
        yield Answer(State.OK, "database", f"{row[0]} as {row[1]} on PostgreSQL {row[2]}")


def too_old_postgresql(said: str) -> Answer:
    mend = f"move the data with pg_dump to PostgreSQL {OLDEST_POSTGRESQL} or newer"
    return Answer(State.MISSING, "database", f"{said}; {OLDEST_POSTGRESQL} or newer is needed", mend)


def extensions() -> Iterator[Answer]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, installed_version, current_setting('server_version_num')::int / 10000, current_database()"
            " FROM pg_available_extensions WHERE name = ANY(%s)",
            [["postgis", *CREATED_BY_MIGRATIONS]],
        )
        rows = cursor.fetchall()
    installed = {extension: version for extension, version, _major, _database in rows}
    major, here = (rows[0][2], rows[0][3]) if rows else ("", "")
    for extension in ("postgis", *CREATED_BY_MIGRATIONS):
        if extension not in installed:
            package = f"postgresql-{major}-postgis-3" if extension == "postgis" and major else "postgresql-contrib"
            mend = f"on the server: apt-get install --no-install-recommends -y {package}"
            yield Answer(State.MISSING, "extensions", f"the server has no {extension}", mend)
        elif installed[extension] is None:
            by_hand = f"as a superuser: psql --dbname={shlex.quote(here)} -c 'CREATE EXTENSION {extension}'"
            mend = manage("migrate") if extension in CREATED_BY_MIGRATIONS else by_hand
            yield Answer(State.MISSING, "extensions", f"{extension} is not in this database", mend)
    version = installed.get("postgis") or ""
    if version and tuple(int(part) for part in version.split(".")[:2]) < OLDEST_POSTGIS:
        oldest = ".".join(map(str, OLDEST_POSTGIS))
        mend = (
            f"install PostGIS {oldest} or newer on the server, then as a superuser: SELECT postgis_extensions_upgrade()"
        )
        yield Answer(State.MISSING, "extensions", f"PostGIS {version}, {oldest} or newer is needed", mend)
    elif all(installed.get(extension) for extension in ("postgis", *CREATED_BY_MIGRATIONS)):
        yield Answer(State.OK, "extensions", f"PostGIS {version}, {', '.join(CREATED_BY_MIGRATIONS)}")


def durability() -> Iterator[Answer]:
    """Without these a crash can lose what a phone was told is stored."""
    off = [setting for setting in ("synchronous_commit", "fsync") if ask(f"SHOW {setting}")[0] == "off"]
    for setting in off:
        mend = f"as a superuser: ALTER SYSTEM SET {setting} = 'on'; SELECT pg_reload_conf()"
        yield Answer(State.MISSING, "durability", f"{setting} is off", mend)
    if not off:
        yield Answer(State.OK, "durability", "commits wait for the disk")


def migrations() -> Iterator[Answer]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        first = pending[0][0]
        yield Answer(
            State.MISSING,
            "migrations",
            f"{len(pending)} not applied, the first is {first.app_label}.{first.name}",
            manage("migrate"),
        )
    else:
        yield Answer(State.OK, "migrations", "all applied")


def roles() -> Iterator[Answer]:
    """Whether the web server has a role of its own, and that role its rights."""
    named = settings.NAMED_API_DATABASE
    here = ask("SELECT current_database()")[0]
    mend = manage("set_up_database_roles")
    if not named:
        then = f"{mend}, then set LISTENING_API_DATABASE_URL for the web server"
        yield Answer(State.NOTE, "roles", "the web server works as the owner of the tables", then)
        return
    role = named.get("USER", "")
    closed = closed_tables(role)
    if named.get("NAME") != here:
        said = f"LISTENING_API_DATABASE_URL names the database {named.get('NAME')}, this is {here}"
        yield Answer(State.NOTE, "roles", said, "correct LISTENING_API_DATABASE_URL or DATABASE_URL")
    elif closed is None:
        yield Answer(State.MISSING, "roles", f"there is no role {role}", mend)
    elif closed:
        yield Answer(State.MISSING, "roles", f"{closed} tables are closed to {role}", mend)
    else:
        yield Answer(State.OK, "roles", f"the web server works as {role}")


# --- what is in the database -------------------------------------------------------------------------
def layers() -> Iterator[Answer]:
    base = Layer.objects.filter(rank=0).first()
    mend = manage("import_districts --config MAPPING.yaml --source BOUNDARIES.geojson") + ", see fixtures/cities"
    if base is None:
        yield Answer(State.MISSING, "layers", "no base layer, so no record finds its district", mend)
        return
    edition = BoundaryEdition.objects.valid_on(today()).filter(layer=base).first()
    if edition is None:
        yield Answer(State.MISSING, "layers", f"no edition of the base layer {base.code} holds today", mend)
        return
    drawn = ", schematic" if edition.is_schematic else ""
    yield Answer(State.OK, "layers", f"{Layer.objects.count()}, base {base.code}, edition {edition.code}{drawn}")


def themes() -> Iterator[Answer]:
    number = Theme.objects.filter(retired_on=None).count()
    if number:
        yield Answer(State.OK, "themes", f"{number} in use")
    else:
        yield Answer(State.MISSING, "themes", "none to choose from", manage("load_codelists fixtures/themes.yaml"))


def people() -> Iterator[Answer]:
    number = User.objects.filter(is_active=True).count()
    if number:
        yield Answer(State.OK, "people", f"{number} may sign in")
    else:
        yield Answer(State.MISSING, "people", "nobody may sign in", manage("create_city_admin ada"))


def cells() -> Iterator[Answer]:
    """Counts are exact with any log; a long one makes them slow, and means that nobody merges."""
    backlog: int = ask("SELECT count(*) FROM (SELECT FROM rollups_delta LIMIT %s) AS log", LONG_LOG + 1)[0]
    if backlog > LONG_LOG:
        mend = manage("worker") + ", as a service"
        yield Answer(State.NOTE, "cells", f"more than {LONG_LOG} changes wait to be merged", mend)
    else:
        yield Answer(State.OK, "cells", f"{backlog} changes wait to be merged")


def withdrawals() -> Iterator[Answer]:
    """What residents asked for is done within a day; what was deleted is written down, or a backup brings it back."""
    hour_ago = clock.now() - dt.timedelta(hours=1)
    failing = Withdrawal.objects.failing()
    late = Withdrawal.objects.open().filter(asked_at__lt=hour_ago).exclude(pk__in=failing).count()
    unwritten = Tombstone.objects.filter(written_down_at=None, deleted_at__lt=hour_ago).count()
    if number := failing.count():
        kinds = ", ".join(sorted({kind or "the worker ended" for kind in failing.values_list("failed_as", flat=True)}))
        mend = "mend what the log of the worker names, then: " + manage("carry_out_withdrawals")
        yield Answer(State.MISSING, "withdrawals", f"{number} fail ({kinds})", mend)
    if late:
        yield Answer(
            State.MISSING, "withdrawals", f"{late} wait for more than an hour", manage("worker") + ", as a service"
        )
    if unwritten:
        mend = f"let {settings.WITHDRAWAL_JOURNAL} be written by: " + manage("worker")
        yield Answer(State.MISSING, "withdrawals", f"{unwritten} deletions are not in the journal", mend)
    if not (number or late or unwritten):
        yield Answer(State.OK, "withdrawals", "none is late, and the journal is complete")


def vault() -> Iterator[Answer]:
    """Whether contacts are kept, and open."""
    if not settings.VAULT_KEYS:
        mend = "set LISTENING_VAULT_KEYS and LISTENING_VAULT_INDEX_KEY, see docs/reference/contacts.md"
        yield Answer(State.NOTE, "vault", "it has no key, so no contact is kept", mend)
        return
    try:
        number = verify()
    except (VaultKeyMissing, VaultKeyWrong, ValueError) as error:
        mend = "put the key back into LISTENING_VAULT_KEYS; without it these contacts are lost"
        yield Answer(State.MISSING, "vault", f"contacts do not open: {error}", mend)
    else:
        yield Answer(State.OK, "vault", f"{number} contacts, and each opens")


def redistricting() -> Iterator[Answer]:
    """Districts that no longer hold, have records and have an heir: what `redistrict` would move."""
    current = District.objects.valid_on(today())
    heirs = current.filter(edition__layer=OuterRef("edition__layer"), geometry__covers=OuterRef("point_on_surface"))
    in_it = [Exists(model.objects.filter(district=OuterRef("pk"))) for model in (Conversation, Finding)]
    left = District.objects.exclude(pk__in=current).filter(in_it[0] | in_it[1]).filter(Exists(heirs)).count()
    if left:
        said = f"{left} districts of editions that no longer hold have records"
        yield Answer(State.MISSING, "redistricting", said, manage("redistrict") + ", and daily from now on")
    else:
        yield Answer(State.OK, "redistricting", "records are in the districts that hold today")


def today() -> dt.date:
    return clock.local_date(clock.now())


def ask(statement: str, *parameters: int) -> Any:
    """The one row of a short query."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE_S}s'")
        cursor.execute(statement, parameters)
        return cursor.fetchone()


MACHINE: tuple[Question, ...] = (
    python, libraries, configuration, translations, static_files, var_folder, disk, chromium,
)  # fmt: skip
DATABASE: tuple[tuple[Question, ...], ...] = (
    (database,),
    (extensions, durability, migrations, roles),
    (layers, themes, people, cells, redistricting, withdrawals, vault),
)
