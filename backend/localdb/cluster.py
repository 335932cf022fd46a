"""Make, start, stop and remove the private cluster of this checkout."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from backend.localdb.binaries import Server, postgis_servers
from backend.localdb.place import Owner, cluster_home, cluster_owner, keeper_of, socket_directory, state_home
from backend.localdb.problems import LocalDatabaseProblem
from backend.localdb.processes import postmaster_of, stop_orphans
from backend.localdb.state import DATABASE, ClusterRecord, read_record, record_path

OWNER = "listening_owner"
ROLES = ("listening_api", "listening_worker", "listening_backup", "listening_open_reader", "listening_vault")
STATEMENTS = Path(__file__).resolve().parent.parent / "db" / "sql"  # as a city runs them
# Below the range from which Linux takes the ports of outgoing connections.
PORTS = range(15_500, 32_000)

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "max_prepared_transactions": "0",
    "client_connection_check_interval": "2s",
    "password_encryption": "scram-sha-256",
    # People's words are in the parameters and in the details of errors: the log gets neither.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}
# The superuser has no password: only the account that owns the cluster gets in as `postgres`, over the socket.
ACCESS_RULES = """\
local all postgres peer map=owner
local all all scram-sha-256
host all postgres 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    checkout: Path
    home: Path
    owner: Owner

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def is_outside(self) -> bool:
        return self.home == state_home(self.checkout)

    # --- up --------------------------------------------------------------------------------------------
    def up(self) -> ClusterRecord:
        """Running and provisioned, whatever state it was left in."""
        with self._alone():
            record = self.record()
            # A record without them was written before the cluster had roles: provision it again.
            if record and record.role_passwords.keys() >= set(ROLES) and self.answers(record):
                return record
            server = self._server()
            self._clear_the_way(server, record)
            if not self.data.exists():
                self._create(server)
            return self._start(server, record)

    def record(self) -> ClusterRecord | None:
        """What was written down of this cluster. In a copied or moved checkout it is another one's: hands off."""
        record = read_record(self.checkout)
        return record if record and record.home == str(self.home) else None

    def answers(self, record: ClusterRecord) -> bool:
        """Our postmaster, at the recorded place, accepts connections."""
        return postmaster_of(self.data) is not None and _accepts(record.socket_directory, record.port)

    def _server(self) -> Server:
        servers = postgis_servers()
        if not servers:
            raise LocalDatabaseProblem(
                "no PostgreSQL server with PostGIS was found here. `make demo` installs it, or by hand:\n"
                "    apt-get install postgresql postgresql-postgis"
            )
        if not self.data.exists():
            return servers[0]
        major = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        for server in servers:
            if server.major == major:
                return server
        raise LocalDatabaseProblem(
            f"the cluster in {self.data} was made by PostgreSQL {major}; here is only {servers[0].major}.\n"
            f"Keep the data: apt-get install postgresql-{major}-postgis-3. Begin anew: make clean, which deletes it."
        )

    def _clear_the_way(self, server: Server, record: ClusterRecord | None) -> None:
        """Stop a server of ours that does not answer where it should; forget what a crash left behind."""
        if postmaster_of(self.data):
            self._stop(server)
        stop_orphans(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        # The lock of the socket names a process too, and PostgreSQL believes it when any process has that number.
        for folder in {self.home / "run", Path(record.socket_directory) if record else self.home / "run"}:
            for left in folder.glob(".s.PGSQL.*"):
                left.unlink(missing_ok=True)

    def _create(self, server: Server) -> None:
        """Build beside the final place and move there last: an interrupted initdb leaves nothing that looks whole."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        self.owner.make_folder(self.home)
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"localdb: creating a PostgreSQL {server.major} cluster in {self.home}", flush=True)
        self._run(
            server.command("initdb"), "--pgdata", str(unfinished), "--username=postgres", "--encoding=UTF8",
            "--locale=C.UTF-8", "--auth=scram-sha-256", "--auth-local=peer", "--data-checksums",
        )  # fmt: skip
        (unfinished / "pg_hba.conf").write_text(ACCESS_RULES, encoding="utf-8")
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude 'listening.conf'\n")
        unfinished.rename(self.data)

    def _start(self, server: Server, recorded: ClusterRecord | None) -> ClusterRecord:
        folder = socket_directory(self.home, self.owner, recorded.socket_directory if recorded else "")
        ports = [recorded.port] if recorded else []
        for attempt in range(5):
            port = ports.pop() if ports else free_port()
            self._configure(folder, port)
            self.log.unlink(missing_ok=True)
            if self._launch(server):
                break
            if "Address already in use" not in self._log_tail() or attempt == 4:
                raise LocalDatabaseProblem(f"PostgreSQL did not start. The end of {self.log}:\n{self._log_tail()}")
        password = recorded.password if recorded else secrets.token_urlsafe(24)
        record = ClusterRecord(
            database_url=f"postgresql://{OWNER}:{password}@{quote(str(folder), safe='')}:{port}/{DATABASE}",
            home=str(self.home),
            socket_directory=str(folder),
            port=port,
            password=password,
            role_passwords=new_passwords() | (recorded.role_passwords if recorded else {}),
        )
        self._provision(server, record)
        record.write(self.checkout)
        return record

    def _configure(self, folder: Path, port: int) -> None:
        """Written anew at each start: the checkout may have moved, and the settings may have changed with the code."""
        settings = {**SETTINGS, "unix_socket_directories": str(folder), "port": str(port)}
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        self._write("listening.conf", "".join(lines))
        self._write("pg_ident.conf", f'owner "{self.owner.name}" postgres\n')

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if not self.owner.is_me:
            os.chown(path, self.owner.uid, self.owner.gid)

    def _launch(self, server: Server) -> bool:
        command = [
            server.command("pg_ctl"),
            "--pgdata",
            str(self.data),
            "--log",
            str(self.log),
            "--timeout=60",
            "start",
        ]
        # No pipes: the postmaster would inherit them, and whoever reads them would wait for it to end.
        finished = subprocess.run(
            [*command, "--wait", "--silent"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **self.owner.process_options(),
        )
        return finished.returncode == 0

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        except OSError:
            return "(no log was written)"

    def _provision(self, server: Server, record: ClusterRecord) -> None:
        """PostGIS in the template, so that every database and test database has it; roles without special rights."""
        # The passwords contain only letters, digits, - and _.
        self._sql(
            server,
            record,
            "template1",
            "SET client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS postgis;\n"
            + (STATEMENTS / "make_owner.sql").read_text(encoding="utf-8")
            + (STATEMENTS / "make_roles.sql").read_text(encoding="utf-8")
            + f"ALTER ROLE {OWNER} CREATEDB PASSWORD '{record.password}';\n"
            + "".join(f"ALTER ROLE {role} PASSWORD '{word}';\n" for role, word in record.role_passwords.items()),
        )
        self._sql(
            server,
            record,
            "postgres",
            f"SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'"  # noqa: S608 - both are constants
            f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n",
        )

    def _sql(self, server: Server, record: ClusterRecord, database: str, statements: str) -> None:
        self._run(
            server.command("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--username=postgres",
            f"--host={record.socket_directory}", f"--port={record.port}", f"--dbname={database}", text=statements,
        )  # fmt: skip

    # --- down ------------------------------------------------------------------------------------------
    def down(self) -> bool:
        """Stopped; True when it was running."""
        with self._alone():
            was_running = postmaster_of(self.data) is not None
            if was_running:
                self._stop(self._server())
            return was_running

    def _stop(self, server: Server) -> None:
        self._run(
            server.command("pg_ctl"), "--pgdata", str(self.data), "--mode=fast", "--timeout=60", "--wait", "stop"
        )  # fmt: skip

    def clean(self) -> None:
        """Stopped, and everything removed that `up` made."""
        record = self.record()
        self.down()
        stop_orphans(self.data)
        for folder in (self.home, state_home(self.checkout), Path(record.socket_directory) if record else self.home):
            if folder.exists():
                shutil.rmtree(folder)
        if self.is_outside and not any(self.home.parent.iterdir()):
            self.home.parent.rmdir()
        record_path(self.checkout).unlink(missing_ok=True)

    # --- both ------------------------------------------------------------------------------------------
    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One `up` or `down` at a time in this checkout."""
        with (self.checkout / "var" / "localdb.lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _run(self, *command: str, text: str = "") -> None:
        finished = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, **self.owner.process_options()
        )
        if finished.returncode != 0:
            said = (finished.stderr or finished.stdout).strip()
            raise LocalDatabaseProblem(f"{Path(command[0]).name} failed:\n{said}\n{self._log_tail()}")


def cluster_of(checkout: Path) -> Cluster:
    """The cluster of this checkout, made or not.

    Raises LocalDatabaseProblem when this user cannot have one here.
    """
    try:
        (checkout / "var").mkdir(exist_ok=True)
    except OSError as failure:
        raise LocalDatabaseProblem(f"{checkout} cannot be written: {failure.strerror}.") from failure
    owner = cluster_owner()
    home = cluster_home(checkout, owner)
    return Cluster(checkout, home, keeper_of(home) or owner)


def new_passwords() -> dict[str, str]:
    """One for each role beside the owner."""
    return {role: secrets.token_urlsafe(24) for role in ROLES}


def free_port() -> int:
    """A loopback port that nobody listens on now; random, so that two checkouts rarely want the same."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LocalDatabaseProblem(f"no free port between {PORTS.start} and {PORTS.stop}.")


def _accepts(folder: str, port: int) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(f"{folder}/.s.PGSQL.{port}")
        except OSError:
            return False
    return True
