"""Find a PostgreSQL server that has the PostGIS extension. Standard library only: `backend.bootstrap` asks here too."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

DEBIAN_SERVERS = Path("/usr/lib/postgresql")
DEBIAN_EXTENSIONS = Path("/usr/share/postgresql")


class Server(NamedTuple):
    major: str
    bin: Path

    def command(self, name: str) -> str:
        return str(self.bin / name)


def postgis_servers() -> list[Server]:
    """Every server with PostGIS on this machine, newest first; Debian keeps several beside each other."""
    servers = [
        Server(folder.name, folder / "bin")
        for folder in DEBIAN_SERVERS.glob("*")
        if folder.name.isdigit()
        and (folder / "bin" / "initdb").exists()
        and (DEBIAN_EXTENSIONS / folder.name / "extension" / "postgis.control").exists()
    ]
    servers.sort(key=lambda server: int(server.major), reverse=True)
    return servers or _configured_server()


def _configured_server() -> list[Server]:
    """The server that pg_config describes: other distributions, and servers built from source."""
    if shutil.which("pg_config") is None:
        return []
    version, folder, share = (
        subprocess.run(["pg_config", option], capture_output=True, text=True, check=False).stdout.strip()
        for option in ("--version", "--bindir", "--sharedir")
    )
    major = re.search(r"\d+", version)
    complete = Path(folder, "initdb").exists() and Path(share, "extension", "postgis.control").exists()
    return [Server(major.group(), Path(folder))] if major and complete else []
