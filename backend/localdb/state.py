"""Where the private cluster is: one small JSON file, `var/localdb.json`, readable by its owner only."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    database_url: str
    home: str
    socket_directory: str
    port: int
    password: str

    def write(self, base_dir: Path) -> None:
        """Whole or not at all; the password is never in a file that others can read, not even for a moment."""
        path = record_path(base_dir)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)
        unfinished.replace(path)


def record_path(base_dir: Path) -> Path:
    return base_dir / "var" / "localdb.json"


def read_record(base_dir: Path) -> ClusterRecord | None:
    """None when there is none, or none that can be used: `up` then writes a new one."""
    try:
        return ClusterRecord(**json.loads(record_path(base_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def recorded_database_url(base_dir: Path) -> str:
    """The URL of the private cluster's database, or "" when none was started."""
    record = read_record(base_dir)
    return record.database_url if record else ""
