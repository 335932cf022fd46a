"""Is the service alive, and can it work? For load balancers and for the person on call."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from backend.http.rate_limit import limited
from backend.policy import Public, access

LEAST_FREE_DISK = 0.05  # fraction


@limited(None)
@access(Public)
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. No I/O: a slow database is no reason to restart it."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@limited(None)
@access(Public)
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The process can do its work: every check with what it found; 503 when one fails."""
    found = {name: check() for name, check in CHECKS.items()}
    is_ready = all(outcome == "ok" for outcome in found.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": found},
        status=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '1s'")
            try:
                cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
                synchronous_commit, fsync = cursor.fetchone()
            finally:
                cursor.execute("RESET statement_timeout")
    except DatabaseError as error:
        return f"no answer ({type(error).__name__})"
    # Without these a crash can lose what a phone was told is stored.
    if synchronous_commit == "off" or fsync == "off":
        return "synchronous_commit or fsync is off"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"no answer ({type(error).__name__})"
    return f"{len(pending)} not applied" if pending else "ok"


def _disk() -> str:
    usage = shutil.disk_usage(Path(settings.BASE_DIR))
    return "ok" if usage.free / usage.total > LEAST_FREE_DISK else "less than 5 % free"


def _configuration() -> str:
    """The system checks of the database, by the ids of what they refuse; `manage.py doctor` says the rest."""
    try:
        found = run_checks(tags=[Tags.database], databases=["default"])
    except DatabaseError as error:
        return f"no answer ({type(error).__name__})"
    refused = [str(message.id) for message in found if message.is_serious()]
    return ", ".join(refused) or "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "configuration": _configuration,
    "disk": _disk,
}
