"""Other connections are other roles in the same database: it is migrated once, by its owner."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS


class OwnerMigrates:
    """Router: only the connection of the owner of the tables migrates."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return None if db == DEFAULT_DB_ALIAS else False
