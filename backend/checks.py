"""System checks: a misconfigured city is told what is wrong and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from backend.db.roles import OpenReach, closed_tables, excess_rights, open_reach
from backend.http.client_address import networks
from backend.http.other_origins import is_origin
from backend.http.rate_limit import DEFAULTS, parse_limits
from backend.ogc.crs import METRE_DECIMALS, epsg

MOST_NAMES = 3  # of tables in one message
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "testserver"}


@register(Tags.security)
def secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A city that serves has a secret of its own."""
    is_serving = settings.PROCESS == "web" and not (settings.DEMO or settings.DEBUG)
    if is_serving and settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        return [
            Error(
                "LISTENING_SECRET_KEY is not set.",
                hint="Set it to 50 random characters, e.g. of "
                "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'`, "
                "and keep it: sessions and fingerprints of submissions depend on it.",
                id="backend.E001",
            )
        ]
    return []


@register()
def database_configured(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """There is a database to speak to, and it is PostgreSQL."""
    if not settings.DATABASE_URL:
        return [
            Error(
                "There is no database: DATABASE_URL is not set and no private cluster was started.",
                hint="Run `make demo`, or `.venv/bin/python -m backend.localdb up`, or set DATABASE_URL to "
                "postgis://user:password@host:5432/name.",
                id="backend.E002",
            )
        ]
    scheme = urlsplit(settings.DATABASE_URL).scheme
    if scheme not in {"postgis", "postgres", "postgresql"} or not settings.NAMED_DATABASE.get("NAME"):
        # Never the URL itself: it holds a password.
        return [
            Error(
                f"{settings.DATABASE_URL_FROM} begins with {scheme!r} and names no PostgreSQL database.",
                hint="Only PostgreSQL with PostGIS can hold the records: postgis://user:password@host:5432/name.",
                id="backend.E003",
            )
        ]
    return []


@register(Tags.database)
def web_role(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The web process could not change a table, were it taken over: it has a role of its own in the database.

    Runs with `check --database default`, when the service starts, and when it becomes ready.
    """
    if settings.PROCESS != "web" or "default" not in (databases or ()) or not settings.NAMED_DATABASE.get("NAME"):
        return []
    try:
        rights = excess_rights()
    except DatabaseError:
        return []  # other checks say that there is no answer
    if not rights.excess:
        return []
    said = f"The web process works as {rights.role}, which {', '.join(rights.excess)}."
    if settings.API_DATABASE_URL:
        hint = "Let LISTENING_API_DATABASE_URL name listening_api, which `manage.py set_up_database_roles` makes."
        return [Error(said, hint=hint, id="backend.E012")]
    hint = "Run `manage.py set_up_database_roles`, then set LISTENING_API_DATABASE_URL to the role listening_api."
    return [Warning(said, hint=hint, id="backend.W012")]


@register(Tags.database)
def open_role(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is open to anyone is read under a role that cannot read records, whatever a query says."""
    if settings.PROCESS != "web" or "default" not in (databases or ()) or not settings.NAMED_DATABASE.get("NAME"):
        return []
    role = str(settings.DATABASES["open"].get("USER", ""))
    try:
        closed = closed_tables(role)
        reach = open_reach(role) if closed else OpenReach((), ())
    except DatabaseError:
        return []  # other checks say that there is no answer
    found: list[CheckMessage] = []
    if closed == 0 or reach.beyond:  # None: there is no such role, and nothing is read
        said = f"/open/ reads as {role}, which may read {_names(reach.beyond) if closed else 'every table'}."
        if settings.OPEN_DATABASE_URL:
            hint = (
                "Let LISTENING_OPEN_DATABASE_URL name listening_open_reader, and run `set_up_database_roles`: it makes "
                "the role, and takes back what was given by hand."
            )
            found.append(Error(said, hint=hint, id="backend.E013"))
        else:
            hint = "Run `set_up_database_roles`, then set LISTENING_OPEN_DATABASE_URL to listening_open_reader."
            found.append(Warning(said, hint=hint, id="backend.W013"))
    if reach.lacking:
        said = f"/open/ reads as {role}, which cannot read {_names(reach.lacking)}: it answers 503."
        hint = "Run `manage.py set_up_database_roles`, once after each `migrate`."
        found.append(Warning(said, hint=hint, id="backend.W014"))
    return found


def _names(tables: Sequence[str]) -> str:
    """The first of some tables, and how many more."""
    more = len(tables) - MOST_NAMES
    return ", ".join(tables[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


@register()
def metric_system(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The city's metric coordinate reference system is one."""
    try:
        system = epsg(settings.METRIC_EPSG)
        fault = "" if system.decimals == METRE_DECIMALS else f"EPSG:{settings.METRIC_EPSG} is in degrees"
    except ValueError as error:
        fault = str(error)
    if not fault:
        return []
    return [
        Error(
            f"LISTENING_METRIC_EPSG: {fault}.",
            hint="Give the number of a projected system of EPSG, e.g. 7791 for Bologna or 25833 for Berlin.",
            id="backend.E023",
        )
    ]


@register()
def time_zone(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The city's calendar is known: the day of a conversation depends on it."""
    if settings.CITY_TIME_ZONE != settings.TIME_ZONE:
        return [
            Error(
                f"LISTENING_TIME_ZONE is {settings.CITY_TIME_ZONE!r}, which is no time zone.",
                hint="Use a name of the IANA database, e.g. Europe/Rome.",
                id="backend.E004",
            )
        ]
    return []


@register()
def gis_libraries(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """GDAL and GEOS were found in their wheels, or where the settings say."""
    found = {"GDAL": settings.GDAL_LIBRARY_PATH, "GEOS": settings.GEOS_LIBRARY_PATH}
    asked = {name: os.environ.get(f"{name}_LIBRARY_PATH") or path for name, path in found.items()}
    return [
        Error(
            f"{name} was not found" + (f" at {path}." if path else "."),
            hint=f"Install the pinned requirements, whose wheels bring it, or correct {name}_LIBRARY_PATH.",
            id="backend.E005",
        )
        for name, path in asked.items()
        if path is None or not os.path.isfile(path)
    ]


@register(Tags.security)
def demo_stays_here(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The demo has people whose password everybody knows: it answers on this machine alone."""
    public = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if (settings.DEMO or settings.DEBUG) and public:
        return [
            Error(
                f"Demo or debug mode is on, and LISTENING_ALLOWED_HOSTS names {', '.join(public)}.",
                hint="Unset LISTENING_DEMO and LISTENING_DEBUG on a machine that others reach.",
                id="backend.E006",
            )
        ]
    return []


@register(Tags.security)
def hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Host headers are checked against names, not waved through."""
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Warning(
                "LISTENING_ALLOWED_HOSTS is *.",
                hint="Name the hosts under which the city reaches the service, separated by commas.",
                id="backend.W001",
            )
        ]
    return []


@register(Tags.security)
def rate_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The limits can be read: a city that believes it has one must have it."""
    try:
        limits = parse_limits(settings.RATE_LIMITS)
    except ValueError as error:
        return [
            Error(
                f"LISTENING_RATE_LIMITS: {error}.",
                hint="Write name=requests/time, separated by commas, e.g. login=10/5m,read=100/s; "
                f"the names are {', '.join(DEFAULTS)}.",
                id="backend.E020",
            )
        ]
    if not limits and not (settings.DEMO or settings.DEBUG):
        return [
            Warning(
                "LISTENING_RATE_LIMITS is off: passwords can be guessed as fast as the service answers.",
                hint="Leave it empty for the usual limits, unless the proxy before the service limits sign-in.",
                id="backend.W020",
            )
        ]
    return []


@register(Tags.security)
def proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The proxies are addresses, and somebody set up a first one."""
    try:
        networks(tuple(settings.TRUSTED_PROXIES))
    except ValueError as error:
        said = str(error)
    else:
        if settings.TRUST_PROXY or not settings.TRUSTED_PROXIES:
            return []
        said = "LISTENING_TRUST_PROXY is not set, so no proxy is believed"
    return [
        Error(
            f"LISTENING_TRUSTED_PROXIES: {said}.",
            hint="List the addresses or networks of the proxies before the nearest one, e.g. 192.0.2.10,10.0.0.0/24, "
            "and set LISTENING_TRUST_PROXY=1.",
            id="backend.E021",
        )
    ]


@register(Tags.security)
def other_origins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Pages that may read the API are named one by one, and nobody on the way can change them."""
    return [
        Error(
            f"LISTENING_CORS_ORIGINS names {origin!r}.",
            hint="Name each origin in full and without a path, e.g. https://maps.example.org; only an origin on "
            "this machine may be http. There is no * for all.",
            id="backend.E022",
        )
        for origin in settings.CORS_ALLOWED_ORIGINS
        if not is_origin(origin)
    ]


@register(Tags.urls)
def access_declared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every route says who may call it."""
    from backend.policy import undeclared

    return [
        Error(
            f"The route {route!r} declares no access policy.",
            hint="Set permission_classes from backend.policy on the view, or decorate it with `access`.",
            id="backend.E007",
        )
        for route in undeclared()
    ]
