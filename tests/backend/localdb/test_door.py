"""python -m backend.localdb, and the small questions behind it: which server, where, for whom, at which address."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.localdb import __main__ as door
from backend.localdb import binaries, place, state
from backend.localdb.place import Owner, cluster_home, cluster_owner, socket_directory, state_home
from backend.localdb.problems import LocalDatabaseProblem
from backend.localdb.state import ClusterRecord, read_record, recorded_database_url

ME = Owner("me", os.geteuid(), os.getegid())
RECORD = ClusterRecord("postgresql://listening:secret@%2Frun:15600/listening", "/home", "/run", 15600, "secret")


# --- the door ----------------------------------------------------------------------------------------
@pytest.fixture
def call(monkeypatch, capsys):
    def call(checkout, deed):
        monkeypatch.setattr(door, "CHECKOUT", checkout)
        monkeypatch.setattr("sys.argv", ["localdb", deed])
        code = door.main()
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return call


def test_what_runs(running, call):
    record = running.record()
    assert call(running.checkout, "up") == (
        0,
        f"localdb: running on {record.socket_directory} and 127.0.0.1:{record.port}",
        "",
    )
    assert call(running.checkout, "status")[:1] == (0,)
    assert call(running.checkout, "url") == (0, record.database_url, "")


def test_what_does_not_run(unmade, call):
    folder = unmade.checkout
    assert call(folder, "status") == (3, "localdb: not created", "")
    assert call(folder, "down") == (0, "localdb: was not running", "")
    assert call(folder, "clean") == (0, "localdb: removed", "")
    code, out, err = call(folder, "url")
    assert (code, out) == (1, "")
    assert err.endswith("Run: .venv/bin/python -m backend.localdb up")
    unmade.data.mkdir(parents=True)
    assert call(folder, "status") == (3, f"localdb: stopped, data in {unmade.home}", "")


def test_a_cluster_outside_is_announced(unmade, call, monkeypatch):
    """Whoever looks for the data must learn where they are."""
    outside = SimpleNamespace(
        is_outside=True, owner=ME, checkout=unmade.checkout, home=Path("/state/home"), up=lambda: RECORD
    )
    monkeypatch.setattr(door, "cluster_of", lambda checkout: outside)
    _, out, _ = call(unmade.checkout, "up")
    assert out.splitlines()[0] == f"localdb: user me cannot enter {unmade.checkout}; the cluster lies in /state/home"


def test_a_folder_that_cannot_be_written(tmp_path, call):
    (tmp_path / "file").touch()
    code, _, err = call(tmp_path / "file", "up")
    assert (code, err) == (1, f"localdb: {tmp_path / 'file'} cannot be written: Not a directory.")


# --- which server ------------------------------------------------------------------------------------
def install(tmp_path, major, *, postgis):
    folder = tmp_path / "lib" / major / "bin"
    folder.mkdir(parents=True)
    (folder / "initdb").touch()
    extensions = tmp_path / "share" / major / "extension"
    extensions.mkdir(parents=True)
    if postgis:
        (extensions / "postgis.control").touch()


@pytest.fixture
def debian(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "DEBIAN_SERVERS", tmp_path / "lib")
    monkeypatch.setattr(binaries, "DEBIAN_EXTENSIONS", tmp_path / "share")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


def test_newest_server_with_postgis(debian):
    assert binaries.postgis_servers() == []
    for major, postgis in (("9", True), ("15", True), ("17", False)):
        install(debian, major, postgis=postgis)
    assert [server.major for server in binaries.postgis_servers()] == ["15", "9"]
    assert binaries.postgis_servers()[0].command("psql") == f"{debian}/lib/15/bin/psql"


@pytest.mark.parametrize("postgis", [True, False])
def test_server_of_another_distribution(debian, postgis):
    install(debian, "bin-of-16", postgis=False)
    (debian / "share16" / "extension").mkdir(parents=True)
    if postgis:
        (debian / "share16" / "extension" / "postgis.control").touch()
    (debian / "path").mkdir()
    told = {
        "--version": "PostgreSQL 16.4",
        "--bindir": debian / "lib" / "bin-of-16" / "bin",
        "--sharedir": debian / "share16",
    }
    cases = "".join(f'{option}) echo "{said}";;\n' for option, said in told.items())
    (debian / "path" / "pg_config").write_text(f'#!/bin/sh\ncase "$1" in\n{cases}esac\n')
    (debian / "path" / "pg_config").chmod(0o755)
    assert [server.major for server in binaries.postgis_servers()] == (["16"] if postgis else [])


# --- where -------------------------------------------------------------------------------------------
def test_state_home_is_one_per_checkout(monkeypatch, tmp_path):
    assert state_home(Path("/a")) != state_home(Path("/b"))
    monkeypatch.setattr(place.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_home(Path("/a")).parent == tmp_path / "neighbourhood-listening"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/somebody")
    assert state_home(Path("/a")).parent == Path("/somebody/.local/state/neighbourhood-listening")


def test_a_checkout_of_somebody_else(tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(place.os, "access", lambda path, mode: False)
    with pytest.raises(LocalDatabaseProblem, match="another user ran make here"):
        cluster_home(tmp_path, ME)


def test_an_account_without_a_name(monkeypatch):
    monkeypatch.setattr(place.os, "geteuid", lambda: 4_000_000)
    with pytest.raises(LocalDatabaseProblem, match="set DATABASE_URL"):
        cluster_owner()


def test_a_foreign_socket_folder_is_not_taken_over(tmp_path):
    """Somebody else may have made a folder of the recorded name in the meantime."""
    deep = tmp_path / ("a" * 100)
    deep.mkdir()
    mine = socket_directory(deep, ME)
    try:
        assert socket_directory(deep, ME, str(mine)) == mine
        other = Owner("other", ME.uid + 1, ME.gid)
        if ME.uid == 0:
            theirs = socket_directory(deep, other, str(mine))
            assert theirs != mine
            theirs.rmdir()
    finally:
        mine.rmdir()


# --- the record --------------------------------------------------------------------------------------
def test_record(tmp_path):
    (tmp_path / "var").mkdir()
    assert read_record(tmp_path) is None
    assert recorded_database_url(tmp_path) == ""
    RECORD.write(tmp_path)
    RECORD.write(tmp_path)
    assert read_record(tmp_path) == RECORD
    assert recorded_database_url(tmp_path) == RECORD.database_url
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["localdb.json"]


def test_the_password_is_never_readable_by_others(tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    modes = []
    dump = json.dump

    def look_then_dump(told, file, **options):
        modes.append(os.fstat(file.fileno()).st_mode & 0o777)
        dump(told, file, **options)

    monkeypatch.setattr(state.json, "dump", look_then_dump)
    before = os.umask(0)
    try:
        RECORD.write(tmp_path)
    finally:
        os.umask(before)
    assert modes == [0o600]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"port": 1}', '{"unknown": 1}', "\udcff"])
def test_a_broken_record_is_none(tmp_path, text):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "localdb.json").write_bytes(text.encode(errors="surrogateescape"))
    assert read_record(tmp_path) is None
