"""What the private cluster promises, asked of one that runs: nothing said in confidence in its log, nothing lost."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[3]
CANARY = "Via dei Mille, citofono Rossi"


@pytest.fixture
def session(running):
    with psycopg.connect(running.record().database_url, autocommit=True) as session:
        yield session


def shown(session, name):
    return session.execute(f"SHOW {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("max_prepared_transactions", "0"),
        ("client_connection_check_interval", "2s"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_statement", "none"),
        ("log_min_duration_statement", "-1"),
        ("server_encoding", "UTF8"),
    ],
)
def test_settings(session, name, value):
    assert shown(session, name) == value


def test_the_log_has_the_error_but_not_the_words(running, session):
    session.execute("CREATE TEMPORARY TABLE told (words text PRIMARY KEY)")
    session.execute("INSERT INTO told VALUES (%s)", [CANARY])
    with pytest.raises(psycopg.errors.UniqueViolation):
        session.execute("INSERT INTO told VALUES (%s)", [CANARY])
    with pytest.raises(psycopg.errors.UniqueViolation):
        psycopg.ClientCursor(session).execute("INSERT INTO told VALUES (%s)", [CANARY])
    log = running.log.read_text()
    assert log.count("duplicate key value violates unique constraint") == 2
    assert CANARY not in log


@pytest.mark.parametrize(
    ("process", "expected"), [("web", ["5s", "2s", "10s", "0"]), ("command", ["10min", "10s", "0", "2"])]
)
def test_timeouts_of_the_sessions(running, process, expected):
    """The web process gives up early; both are set by the connection, so that a server of the city's has them too."""
    program = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "names = 'statement_timeout lock_timeout idle_in_transaction_session_timeout max_parallel_workers_per_gather'\n"
        "with connection.cursor() as cursor:\n"
        "    for name in names.split():\n"
        "        cursor.execute(f'SHOW {name}')\n"
        "        print(cursor.fetchone()[0])\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": running.record().database_url,
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "LISTENING_PROCESS": process,
    }
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == expected


def test_the_role_has_no_special_rights(session):
    rights = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
    row = session.execute(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, True, False, False, False)  # CREATEDB is for the databases of the tests


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "listening_owner"),
        ({"LISTENING_PROCESS": "web"}, "listening_api"),
        ({"LISTENING_PROCESS": "web", "DATABASE_URL": "postgis://theirs@h/x"}, "theirs"),
        ({"LISTENING_PROCESS": "web", "LISTENING_API_DATABASE_URL": "postgis://narrow@h/x"}, "narrow"),
        ({"LISTENING_API_DATABASE_URL": "postgis://narrow@h/x"}, "listening_owner"),
        ({"DATABASE_URL": "postgis://theirs@h/x", "LISTENING_API_DATABASE_URL": "postgis://narrow@h/x"}, "theirs"),
    ],
)
def test_which_role_a_process_works_as(running, variables, expected):
    """The private cluster's web process has the narrow role by itself; a city's when it says so."""
    program = (
        "import sys, backend.localdb.state as state\n"
        "from pathlib import Path\n"
        "here = state.recorded_database_url\n"
        "state.recorded_database_url = lambda _, role='': here(Path(sys.argv[1]), role)\n"
        "from backend.settings import DATABASES\n"
        "print(DATABASES['default']['USER'])\n"
    )
    unset = {"DATABASE_URL", "LISTENING_API_DATABASE_URL", "LISTENING_PROCESS"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | variables
    finished = subprocess.run(
        [sys.executable, "-c", program, running.checkout], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert finished.stdout.split() == [expected], finished.stderr


def test_every_new_database_has_postgis(session):
    session.execute("CREATE DATABASE fresh")
    url = session.info.dsn
    with psycopg.connect(url, dbname="fresh", password=session.info.password) as other:
        assert other.execute("SELECT postgis_lib_version()").fetchone()[0] >= "3"
    session.execute("DROP DATABASE fresh")


@pytest.mark.parametrize("host", ["127.0.0.1", "socket"])
def test_who_does_not_get_in(running, host):
    record = running.record()
    place = {"host": record.socket_directory if host == "socket" else host, "port": record.port, "dbname": "listening"}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**place, user="listening", password="guessed")


def test_the_superuser_has_no_way_in_but_its_own_account(running):
    record = running.record()
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg.connect(host="127.0.0.1", port=record.port, dbname="postgres", user="postgres", password="guessed")
    if os.geteuid() == 0:  # and so not the account of the cluster
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(host=record.socket_directory, port=record.port, dbname="postgres", user="postgres")


def test_only_its_owner_reads_the_record_and_the_data(running):
    assert stat.S_IMODE((running.checkout / "var" / "localdb.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(running.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
