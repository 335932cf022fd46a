"""One command makes, mends and starts the private cluster, whatever state it was left in."""

import os
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from backend.localdb import cluster as cluster_module
from backend.localdb.binaries import Server
from backend.localdb.cluster import PORTS, ROLES, Cluster, cluster_of, free_port
from backend.localdb.place import Owner, state_home
from backend.localdb.problems import LocalDatabaseProblem
from backend.localdb.processes import postmaster_of, stop_orphans
from backend.localdb.state import read_record
from tests.backend.localdb.conftest import checkout

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="Only root hands a cluster to another account.")


def remember(cluster, word):
    with psycopg.connect(cluster.record().database_url) as session:
        session.execute("CREATE TABLE IF NOT EXISTS memory (word text)")
        session.execute("INSERT INTO memory VALUES (%s)", [word])


def remembered(cluster):
    with psycopg.connect(cluster.record().database_url) as session:
        return [row[0] for row in session.execute("SELECT word FROM memory").fetchall()]


def test_it_works(unmade):
    # Two at once, beside what an interrupted creation left behind.
    unfinished = unmade.home / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15")
    with ThreadPoolExecutor(2) as pool:
        record, same = pool.map(lambda _: unmade.up(), range(2))
    assert record == same
    assert not unfinished.exists()
    assert unmade.answers(record)
    remember(unmade, "first")
    assert unmade.up() == record
    assert unmade.down() is True
    assert not unmade.answers(record)
    assert unmade.down() is False
    assert unmade.up() == record
    assert remembered(unmade) == ["first"]
    unmade.clean()
    assert postmaster_of(unmade.data) is None
    assert not unmade.home.exists()
    assert not Path(record.socket_directory).exists()
    assert sorted(path.name for path in (unmade.checkout / "var").iterdir()) == ["localdb.lock"]


def test_a_cluster_from_before_there_were_roles(worn):
    """Its owner is renamed with all that it owns, and the record gets what it lacked."""
    record = worn.up()
    remember(worn, "from before")
    worn._sql(worn._server(), record, "postgres", "ALTER ROLE listening_owner RENAME TO listening;")
    former = replace(record, database_url=record.database_url.replace("_owner", ""), role_passwords={})
    former.write(worn.checkout)
    assert read_record(worn.checkout) == former
    new = worn.up()
    assert (new.database_url, new.port) == (record.database_url, record.port)
    assert remembered(worn) == ["from before"]
    for role in ROLES:
        with psycopg.connect(new.url_of(role)) as session:
            assert session.execute("SELECT current_user").fetchone() == (role,)
    with psycopg.connect(new.database_url) as session:
        session.execute("DELETE FROM memory")


def test_killed_it_comes_back_with_everything(worn, running):
    record = worn.up()
    remember(worn, "committed")
    pid = postmaster_of(worn.data)
    os.kill(pid, signal.SIGKILL)
    # A dying one may still answer: wait until it is gone.
    while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        time.sleep(0.01)
    # Another program of the same account may meanwhile have the number that the lock of the socket names.
    lock = Path(record.socket_directory, f".s.PGSQL.{record.port}.lock")
    lock.write_text(lock.read_text().replace(lock.read_text().split()[0], str(postmaster_of(running.data)), 1))
    assert worn.up() == record
    assert remembered(worn) == ["committed"]


def test_a_process_id_left_behind_deceives_nobody(worn):
    """After a crash of the machine the number in postmaster.pid may be that of any program, here of this one."""
    record = worn.up()
    worn.down()
    for pid in (os.getpid(), 1, 2**22 + 1):
        (worn.data / "postmaster.pid").write_text(f"{pid}\n{worn.data}\n")
        assert postmaster_of(worn.data) is None
        assert not worn.answers(record)
    (worn.data / "postmaster.pid").write_text("not a number")
    assert postmaster_of(worn.data) is None
    assert worn.up() == record
    assert os.getpid() != postmaster_of(worn.data) is not None


def test_a_port_taken_meanwhile(worn):
    taken = worn.up().port
    worn.down()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        record = worn.up()
    assert record.port != taken
    assert worn.answers(record)


def test_ports_are_private_and_free(monkeypatch):
    assert free_port() in PORTS
    assert 5432 not in PORTS
    # Above begins the range of outgoing connections, whose ports come and go.
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(PORTS) < lowest
    with socket.socket() as first:
        first.bind(("127.0.0.1", free_port()))
        only = first.getsockname()[1]
        monkeypatch.setattr(cluster_module, "PORTS", range(only, only + 1))
        monkeypatch.setattr(cluster_module.random, "sample", lambda ports, number: list(ports))
        with pytest.raises(LocalDatabaseProblem, match="no free port"):
            free_port()


def test_settings_follow_the_code(worn, monkeypatch):
    worn.up()
    worn.down()
    with monkeypatch.context() as patch:
        patch.setitem(cluster_module.SETTINGS, "shared_buffers", "many")
        with pytest.raises(LocalDatabaseProblem, match=r"(?s)did not start.*shared_buffers"):
            worn.up()
        assert postmaster_of(worn.data) is None
        patch.setitem(cluster_module.SETTINGS, "shared_buffers", "17MB")
        worn.up()
        with psycopg.connect(worn.record().database_url) as session:
            assert session.execute("SHOW shared_buffers").fetchone() == ("17MB",)
    worn.down()


def test_two_checkouts_side_by_side(running, copied):
    """Also when `cp -r` took the record of the other cluster along."""
    theirs = running.record()
    shutil.copy(running.checkout / "var" / "localdb.json", copied.checkout / "var" / "localdb.json")
    assert copied.record() is None
    mine = copied.up()
    assert mine.port != theirs.port
    assert mine.socket_directory != theirs.socket_directory
    assert mine.password != theirs.password
    remember(copied, "mine")
    with psycopg.connect(theirs.database_url) as session:
        assert session.execute("SELECT to_regclass('memory')").fetchone() == (None,)
    shutil.copy(running.checkout / "var" / "localdb.json", copied.checkout / "var" / "localdb.json")
    stop_orphans(copied.home)  # nobody stands there
    assert copied.answers(mine)
    copied.clean()
    assert running.answers(theirs)


def test_a_moved_checkout_keeps_its_data(copied):
    """Here to a path too long for a socket, which holds 107 bytes: the sockets then lie in a short folder."""
    copied.up()
    remember(copied, "before")
    copied.down()
    with checkout() as elsewhere:
        deep = elsewhere / ("a" * 60) / ("b" * 60)
        deep.mkdir(parents=True)
        (copied.checkout / "var").rename(deep / "var")
        moved = cluster_of(deep)
        record = moved.up()
        assert remembered(moved)[-1] == "before"
        assert Path(record.socket_directory).name.startswith("listening-")
        assert len(f"{record.socket_directory}/.s.PGSQL.{record.port}") <= 107
        moved.down()
        assert moved.up().socket_directory == record.socket_directory
        moved.clean()
        assert not Path(record.socket_directory).exists()


@root_only
@pytest.mark.usefixtures("server")
def test_a_closed_home_moves_the_cluster_out():
    """`postgres` may not enter a checkout in a closed folder: the cluster lies in a state folder."""
    with checkout(mode=0o700) as folder:
        cluster = cluster_of(folder)
        assert cluster.is_outside
        record = cluster.up()
        assert Path(record.home) == state_home(folder)
        assert Path(record.home).is_relative_to("/var/lib/neighbourhood-listening")
        assert list((folder / "var").glob("postgres")) == []
        assert cluster.answers(record)
        # Opened later, the checkout keeps the cluster that it has.
        folder.chmod(0o755)
        assert cluster_of(folder).home == cluster.home
        cluster.clean()
        assert not state_home(folder).exists()
        assert not cluster_of(folder).is_outside


@root_only
def test_root_finds_the_cluster_of_a_user(tmp_path):
    """`sudo make clean` in a user's checkout acts as that user, not as `postgres`."""
    nobody = 65534
    home = tmp_path / "var" / "postgres"
    home.mkdir(parents=True)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    os.chown(home, nobody, nobody)
    owner = cluster_of(tmp_path).owner
    assert (owner.name, owner.uid) == ("nobody", nobody)
    assert owner.process_options()["user"] == nobody
    os.chown(home, 54321, 54321)
    with pytest.raises(LocalDatabaseProblem, match="belongs to user 54321"):
        cluster_of(tmp_path)


def test_no_server(unmade, monkeypatch):
    monkeypatch.setattr(cluster_module, "postgis_servers", list)
    with pytest.raises(LocalDatabaseProblem, match="apt-get install postgresql postgresql-postgis"):
        unmade.up()


def test_data_of_another_postgresql(unmade):
    unmade.data.mkdir(parents=True)
    (unmade.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        LocalDatabaseProblem, match=r"(?s)made by PostgreSQL 9;.*apt-get install postgresql-9-postgis-3"
    ):
        unmade.up()
    assert (unmade.data / "PG_VERSION").exists()


def test_what_is_run(tmp_path, monkeypatch):
    """The commands themselves, with a server that is none."""
    ran = []

    class Finished:
        returncode, stdout, stderr = 0, "", ""

    def run(command, **options):
        ran.append((list(command), options))
        return Finished()

    (tmp_path / "var" / "postgres" / "data.unfinished").mkdir(parents=True)
    me = Owner("me", os.geteuid(), os.getegid())
    cluster = Cluster(tmp_path, tmp_path / "var" / "postgres", me)
    monkeypatch.setenv("PGDATA", "/somewhere/else")
    monkeypatch.setattr(cluster_module.subprocess, "run", run)
    cluster._stop(Server("15", Path("/pg/bin")))
    cluster._launch(Server("15", Path("/pg/bin")))
    (stop, options), (start, _) = ran
    assert stop == [
        *("/pg/bin/pg_ctl", "--pgdata", str(cluster.data)),
        *("--mode=fast", "--timeout=60", "--wait", "stop"),
    ]
    assert start == [
        *("/pg/bin/pg_ctl", "--pgdata", str(cluster.data), "--log", str(cluster.log)),
        *("--timeout=60", "start", "--wait", "--silent"),
    ]
    assert options["cwd"] == "/"
    assert options["env"]["LC_ALL"] == "C.UTF-8"
    assert "PGDATA" not in options["env"]
    assert "user" not in options
