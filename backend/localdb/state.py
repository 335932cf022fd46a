"""Where the private cluster is: one small JSON file that `backend.localdb` writes."""

import json
from pathlib import Path


def recorded_database_url(base_dir: Path) -> str:
    """The URL of the private cluster's database, or "" when none was started."""
    path = base_dir / "var" / "localdb.json"
    if not path.exists():
        return ""
    return str(json.loads(path.read_text(encoding="utf-8")).get("database_url", ""))
