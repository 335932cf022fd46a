"""Where the private cluster is: one small JSON file, `var/localdb.json`, readable by its owner only."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

DATABASE = "listening"


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    database_url: str
    home: str
    socket_directory: str
    port: int
    password: str
    role_passwords: dict[str, str] = field(default_factory=dict)  # of the roles beside the owner

    def url_of(self, role: str) -> str:
        """The URL of the database for a role; "" when the cluster was started before there were roles."""
        if role not in self.role_passwords:
            return ""
        folder = quote(self.socket_directory, safe="")
        return f"postgresql://{role}:{self.role_passwords[role]}@{folder}:{self.port}/{DATABASE}"

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


def recorded_database_url(base_dir: Path, role: str = "") -> str:
    """The URL of the private cluster's database, for its owner or another role; "" when none was started."""
    record = read_record(base_dir)
    if record is None:
        return ""
    return record.url_of(role) if role else record.database_url
