"""manage.py doctor: what is there, what is missing, and the command that mends it.

Made for the moment when something does not work, so it must not fail itself: the database may be away, empty or too
old. Each question is asked alone; one that finds no answer costs one line, not the rest.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.gis.gdal import gdal_full_version
from django.contrib.gis.geos.libgeos import geos_version
from django.core.checks import ERROR, WARNING, run_checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Exists, OuterRef, Q
from django.db.utils import NotSupportedError

from backend import clock
from backend.bootstrap import CHROMIUM, OLDEST_PYTHON
from backend.checks import database_configured
from backend.health import LEAST_FREE_DISK
from districts.models import BoundaryEdition, District, Layer
from listening.codelists.models import Theme
from listening.fieldwork.models import User
from listening.records.models import Conversation, Finding

OLDEST_POSTGRESQL = 14  # Django 5.2
OLDEST_POSTGIS = (3, 1)  # Django 5.2
# In PostgreSQL's contrib; the owner of the database may create them, so the migrations do. PostGIS needs a superuser.
CONTRIB = ("btree_gist", "pg_trgm", "unaccent")
LONG_LOG = 20_000  # changes; the worker of the demo merges every second
PATIENCE_S = "5"


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding_:
    """One line of the report; `mend` is the exact command, or what to do where no command can."""

    state: State
    about: str
    said: str
    mend: str = ""
