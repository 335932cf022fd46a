"""The vault's own connection is no database of its own: it is migrated with the others, by their owner."""

from __future__ import annotations

from typing import Any


class VaultRouter:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == "vault" else None
