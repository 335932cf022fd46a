"""Where the private cluster lies and whom it belongs to."""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.localdb.problems import LocalDatabaseProblem

# sun_path holds 108 bytes with the closing zero; the socket's file name takes some of them.
LONGEST_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = "/.s.PGSQL.65535.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that PostgreSQL runs as: it refuses root, so root hands the cluster to `postgres`."""

    name: str
    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()

    def process_options(self) -> dict[str, Any]:
        """Options of subprocess.run that make a command run as this account, in a folder it may stand in."""
        identity: dict[str, Any] = {} if self.is_me else {"user": self.uid, "group": self.gid, "extra_groups": []}
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**identity, "cwd": "/", "env": {**variables, "LC_ALL": "C.UTF-8"}}

    def may_enter(self, folder: Path) -> bool:
        check = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)]
        return subprocess.run(check, check=False, **self.process_options()).returncode == 0

    def make_folder(self, folder: Path) -> None:
        """A folder of this account's own, closed to everybody else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.is_me:
            os.chown(folder, self.uid, self.gid)


def cluster_owner() -> Owner:
    try:
        account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    except KeyError:
        raise LocalDatabaseProblem(
            "this user has no name in /etc/passwd, or there is no user `postgres` to own a cluster started by root.\n"
            "Debian's postgresql package makes one; or set DATABASE_URL to a PostGIS server of yours."
        ) from None
    return Owner(account.pw_name, account.pw_uid, account.pw_gid)


def keeper_of(home: Path) -> Owner | None:
    """Whom root finds as the owner of a cluster that is there: what a user made in a checkout stays that user's."""
    if os.geteuid() != 0 or not home.exists() or home.stat().st_uid == 0:
        return None
    try:
        account = pwd.getpwuid(home.stat().st_uid)
    except KeyError:
        raise LocalDatabaseProblem(f"{home} belongs to user {home.stat().st_uid}, who does not exist here.") from None
    return Owner(account.pw_name, account.pw_uid, account.pw_gid)


def state_home(checkout: Path) -> Path:
    """The folder outside the checkout for a cluster that cannot lie inside."""
    key = hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        return Path("/var/lib/neighbourhood-listening", key)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "neighbourhood-listening", key)


def cluster_home(checkout: Path, owner: Owner) -> Path:
    """`var/postgres`, or the state folder when the owner cannot reach that or has put a cluster there before."""
    inside, outside = checkout / "var" / "postgres", state_home(checkout)
    if (outside / "data").exists():
        return outside
    var = inside.parent
    if not os.access(var, os.W_OK):
        raise LocalDatabaseProblem(
            f"{var} is not yours to write: another user ran make here. Run make as that user, or let them `make clean`."
        )
    return inside if owner.may_enter(var) else outside


def socket_directory(home: Path, owner: Owner, recorded: str = "") -> Path:
    """A folder with a path short enough for a unix socket."""
    inside = home / "run"
    if len(os.fsencode(inside)) + len(LONGEST_SOCKET_NAME) <= LONGEST_SOCKET_PATH:
        owner.make_folder(inside)
        return inside
    if recorded and Path(recorded).is_dir() and Path(recorded).stat().st_uid == owner.uid:
        return Path(recorded)
    short = Path(tempfile.mkdtemp(prefix="listening-", dir="/tmp"))
    owner.make_folder(short)
    return short
