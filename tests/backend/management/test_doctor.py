"""The doctor names every illness it knows, with a command that exists, and does not fall ill itself."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.gis.gdal import GDALException
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import NotSupportedError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import override_settings
from uuid6 import uuid7

from backend import clock
from backend.management.commands import doctor
from districts.models import BoundaryEdition, District
from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.codelists.models import Theme
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Withdrawal
from listening.erasure.withdraw import ask
from listening.fieldwork.models import User
from listening.records.models import Conversation, Tombstone
from listening.records.redistrict import redistrict
from listening.vault import contacts
from tests.listening.submissions import conversation, heard

ROOT = Path(__file__).resolve().parents[3]
SOURCE = Path(doctor.__file__).read_text()


def states(question):
    return [str(answer.state) for answer in question()]


def only(question):
    """The one answer to a question."""
    (answer,) = question()
    return answer


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def collected(settings, tmp_path, monkeypatch):
    """Two static files, both collected; returns (the folder of the sources, the folder of what is served)."""
    sources, served = tmp_path / "sources", tmp_path / "served"
    for folder in (sources, served):
        folder.mkdir()
        for name in ("map.js", "map.css"):
            (folder / name).write_text("x")
    (served / "staticfiles.json").write_text('{"paths": {"map.js": "map.js", "map.css": "map.css"}}')
    settings.STATIC_ROOT = str(served)
    monkeypatch.setattr(doctor, "static_sources", lambda: [(path.name, path) for path in sorted(sources.iterdir())])
    return sources, served


# --- as a whole --------------------------------------------------------------------------------------
def run(**variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "LISTENING"))}
    command = [sys.executable, "manage.py", "doctor"]
    return subprocess.run(
        command, cwd=ROOT, env={**environment, **variables}, capture_output=True, text=True, check=False
    )


def test_it_works(city, themes, listener, collected, capsys):
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("missing")] == []
    abouts = {line[9:22].strip() for line in lines if not line.startswith(" ")}
    assert abouts == {
        *("Python", "libraries", "settings", "translations", "static files", "var", "disk", "Chromium"),
        *("database", "extensions", "durability", "migrations", "roles"),
        *("layers", "themes", "people", "cells", "redistricting", "withdrawals", "vault"),
    }


def test_a_database_that_is_away_is_told_not_raised():
    finished = run(DATABASE_URL="postgis://nobody:hush-hush@127.0.0.1:1/none")
    assert finished.returncode == 1
    assert finished.stderr == ""
    assert re.search(r"^missing +database +does not answer: .*127\.0\.0\.1", finished.stdout, re.MULTILINE)
    assert "-> start that server or correct DATABASE_URL" in finished.stdout
    assert re.search(
        r"^note +not asked +extensions, durability, migrations, roles, layers", finished.stdout, re.MULTILINE
    )
    assert re.search(r"^ok +Python", finished.stdout, re.MULTILINE)
    assert "hush-hush" not in finished.stdout


def test_another_kind_of_database_is_told_not_raised():
    finished = run(DATABASE_URL="mysql://nobody:hush-hush@127.0.0.1:1/none")
    assert finished.returncode == 1
    assert finished.stderr == ""
    assert re.search(r"^missing +database +DATABASE_URL begins with 'mysql'", finished.stdout, re.MULTILINE)
    assert "hush-hush" not in finished.stdout


def test_it_asks_no_system_check_before_it_begins():
    """A check that fails would end the command before it says anything."""
    assert doctor.Command.requires_system_checks == []


@pytest.mark.parametrize("state", list(doctor.State))
def test_only_what_is_missing_ends_with_1(state, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "MACHINE", (lambda: iter([doctor.Answer(state, "thing", "said", "mend")]),))
    monkeypatch.setattr(doctor, "DATABASE", ())
    try:
        call_command("doctor")
        code = 0
    except SystemExit as end:
        code = end.code
    assert code == (1 if state is doctor.State.MISSING else 0)
    assert capsys.readouterr().out.split() == [str(state), "thing", "said", "->", "mend"]


def test_a_question_that_the_database_refuses_costs_one_line(monkeypatch):
    def broken():
        raise OperationalError("server closed the connection\nmore")
        yield

    def never():
        pytest.fail("asked although the stage before is not in order")
        yield

    monkeypatch.setattr(doctor, "MACHINE", ())
    monkeypatch.setattr(doctor, "DATABASE", ((broken,), (never,)))
    first, second = doctor.examine()
    assert (first.state, first.about, first.said) == ("missing", "broken", "no answer: server closed the connection")
    assert (second.state, second.about) == ("note", "not asked")
    assert second.said.startswith("never")


def test_every_command_it_recommends_exists():
    recommended = set(re.findall(r'manage\("([a-z_]+)', SOURCE)) | {"collectstatic"}
    assert recommended >= {"migrate", "import_districts", "load_codelists", "worker", "redistrict"}
    assert recommended - set(get_commands()) == set()
    for path in ("fixtures/themes.yaml", "fixtures/cities", "requirements.txt", "backend/localdb/__main__.py"):
        assert (ROOT / path).exists()


def test_every_illness_has_a_remedy():
    """An Answer that is not OK has four arguments, the last one the command."""
    answers = re.findall(r"Answer\(\s*State\.(?:MISSING|NOTE),((?:[^()]|\([^()]*\))*)\)", SOURCE)
    assert len(answers) >= 15
    assert [said for said in answers if len(re.findall(r",\s", said)) < 2 and "not asked" not in said] == []


# --- this machine ------------------------------------------------------------------------------------
def test_old_python(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (9, 9))
    assert only(doctor.python).said.endswith("9.9 or newer is needed")


def test_libraries_that_cannot_transform(monkeypatch):
    def transform(self, srid):
        raise GDALException("PROJ: proj_create: no database context specified")

    monkeypatch.setattr(doctor.Point, "transform", transform)
    answer = only(doctor.libraries)
    assert answer.state == "missing"
    assert "no database context" in answer.said
    assert "--require-hashes" in answer.mend


@override_settings(DEMO=True)
def test_mistakes_in_the_settings(settings):
    assert states(doctor.configuration) == ["ok"]
    settings.ALLOWED_HOSTS = ["listening.example.org"]  # the demo on the open network
    answer = only(doctor.configuration)
    assert (answer.state, answer.said[:12]) == ("missing", "backend.E006")
    assert "LISTENING_DEMO" in answer.mend


def test_a_city_without_a_secret_is_reminded(settings):
    settings.DEMO = settings.DEBUG = False
    settings.RATE_LIMITS = ""
    settings.SECRET_KEY = settings.INSECURE_SECRET_KEY
    assert only(doctor.configuration).said.startswith("LISTENING_SECRET_KEY is not set")
    settings.SECRET_KEY = "a" * 50
    assert states(doctor.configuration) == ["ok"]


def test_translations_that_are_not_compiled(settings, tmp_path):
    folder = tmp_path / "it" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    settings.LOCALE_PATHS = [tmp_path]
    (folder / "django.po").write_text("")
    assert (states(doctor.translations), "it;" in only(doctor.translations).said) == (["note"], True)
    (folder / "django.mo").write_text("")
    assert states(doctor.translations) == ["ok"]
    os.utime(folder / "django.mo", (0, 0))
    assert states(doctor.translations) == ["note"]


def test_static_files(collected):
    sources, served = collected
    assert only(doctor.static_files).said == "2 collected"
    os.utime(served / "staticfiles.json", (0, 0))
    assert only(doctor.static_files).said == "2 changed since, e.g. map.css"
    assert states(doctor.static_files) == ["note"]
    (served / "map.js").unlink()
    assert only(doctor.static_files).said == "1 not collected, e.g. map.js"
    (sources / "new.js").write_text("")
    assert only(doctor.static_files).said == "2 not collected, e.g. map.js"
    (served / "staticfiles.json").write_text("{")
    assert (only(doctor.static_files).state, only(doctor.static_files).said) == ("missing", "not collected")


def test_var(settings, tmp_path, monkeypatch):
    settings.BASE_DIR = tmp_path
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert only(doctor.var_folder).said == "not there yet"
    (tmp_path / "var").write_text("a file")  # nobody, not even root, writes below a file
    assert only(doctor.var_folder).state == "missing"
    monkeypatch.setenv("DATABASE_URL", "postgis://elsewhere")
    assert only(doctor.var_folder).state == "note"
    (tmp_path / "var").unlink()
    (tmp_path / "var").mkdir()
    assert only(doctor.var_folder).state == "ok"
    assert list((tmp_path / "var").iterdir()) == []


@pytest.mark.parametrize(("free", "state"), [(49, "missing"), (51, "ok")])
def test_disk(free, state, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=free, total=1000))
    assert only(doctor.disk).state == state


def test_chromium(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only(doctor.chromium).state == "note"
    (tmp_path / "chromium").touch(mode=0o755)
    assert only(doctor.chromium).state == "ok"


# --- the database ------------------------------------------------------------------------------------
@pytest.mark.django_db
class TestDatabase:
    def test_old_postgresql(self, monkeypatch):
        monkeypatch.setattr(doctor, "OLDEST_POSTGRESQL", 99)
        assert only(doctor.database).said.endswith("99 or newer is needed")

    def test_a_postgresql_that_django_refuses(self, monkeypatch):
        def refuse():
            raise NotSupportedError("PostgreSQL 14 or later is required (found 13.9).")

        monkeypatch.setattr(doctor, "connection", SimpleNamespace(ensure_connection=refuse))
        assert only(doctor.database).said.startswith("PostgreSQL 14 or later is required (found 13.9)")

    def test_private_cluster_that_is_down(self, monkeypatch):
        def refuse():
            raise OperationalError("connection refused\nIs the server running?")

        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setattr(doctor, "connection", SimpleNamespace(ensure_connection=refuse))
        answer = only(doctor.database)
        assert answer.said == "does not answer: connection refused"
        assert answer.mend.endswith("-m backend.localdb up")

    def test_extension_not_created(self):
        execute("DROP EXTENSION unaccent CASCADE")
        answer = only(doctor.extensions)
        assert (answer.state, answer.said) == ("missing", "unaccent is not in this database")
        assert answer.mend.endswith("manage.py migrate")

    def test_extension_that_the_server_lacks(self, monkeypatch):
        monkeypatch.setattr(doctor, "CREATED_BY_MIGRATIONS", ("no_such_extension",))
        answer = only(doctor.extensions)
        assert answer.said == "the server has no no_such_extension"
        assert answer.mend.endswith("postgresql-contrib")

    def test_old_postgis(self, monkeypatch):
        monkeypatch.setattr(doctor, "OLDEST_POSTGIS", (99, 0))
        assert only(doctor.extensions).said.endswith("99.0 or newer is needed")

    def test_commits_that_do_not_wait(self):
        execute("SET LOCAL synchronous_commit = off")
        answer = only(doctor.durability)
        assert answer.said == "synchronous_commit is off"
        assert "ALTER SYSTEM SET synchronous_commit = 'on'" in answer.mend

    def test_migration_not_applied(self):
        newest = MigrationRecorder.Migration.objects.filter(app="records").latest("id")
        newest.delete()
        answer = only(doctor.migrations)
        assert answer.said == f"1 not applied, the first is records.{newest.name}"
        assert answer.mend.endswith("manage.py migrate")

    def test_a_slow_answer_is_cut_off(self, monkeypatch):
        monkeypatch.setattr(doctor, "PATIENCE_S", "0.01")
        with pytest.raises(OperationalError, match="statement timeout"):
            doctor.ask("SELECT pg_sleep(5)")

    def test_nothing_is_changed(self):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            for stage in doctor.DATABASE:
                for question in stage:
                    list(question())


# --- what is in it -----------------------------------------------------------------------------------
@pytest.mark.django_db
class TestContents:
    def test_no_base_layer(self):
        assert only(doctor.layers).said.startswith("no base layer")

    def test_no_edition_for_today(self, city, today):
        BoundaryEdition.objects.filter(layer=city.layers["area"]).update(valid_to=today)
        assert only(doctor.layers).said == "no edition of the base layer area holds today"

    def test_layers(self, city):
        assert only(doctor.layers).said == "4, base area, edition first"
        BoundaryEdition.objects.update(is_schematic=True)
        assert only(doctor.layers).said.endswith(", schematic")

    def test_no_themes(self, themes, today):
        assert only(doctor.themes).said == "5 in use"
        Theme.objects.update(retired_on=today)
        assert only(doctor.themes).state == "missing"

    def test_nobody_may_sign_in(self, listener):
        assert only(doctor.people).state == "ok"
        User.objects.update(is_active=False)
        assert only(doctor.people).state == "missing"

    def test_long_log(self, city, listener, themes, monkeypatch):
        accept_many([conversation(listener, heard("need", themes["rent"]))])
        assert only(doctor.cells).state == "ok"
        waiting = int(only(doctor.cells).said.split()[0])
        assert waiting > 0
        monkeypatch.setattr(doctor, "LONG_LOG", waiting - 1)
        assert only(doctor.cells).state == "note"
        monkeypatch.setattr(doctor, "LONG_LOG", waiting)
        assert only(doctor.cells).state == "ok"

    def test_withdrawals_that_fail_are_late_or_are_not_written_down(self, city, listener):
        assert only(doctor.withdrawals).state == "ok"
        code = new_code()
        accept_many([conversation(listener, receipt=digest_of(read_code(code)))])
        ask(code)
        assert only(doctor.withdrawals).state == "ok"
        two_hours_ago = clock.now() - dt.timedelta(hours=2)
        Withdrawal.objects.update(asked_at=two_hours_ago)
        assert only(doctor.withdrawals).said == "1 wait for more than an hour"
        Withdrawal.objects.update(attempts=1, failed_as="OSError")
        assert only(doctor.withdrawals).said == "1 fail (OSError)"
        Withdrawal.objects.update(attempts=2, failed_as="")
        assert only(doctor.withdrawals).said == "1 fail (the worker ended)"
        delete(Conversation.objects.get(), by=listener)
        assert only(doctor.withdrawals).state == "ok"
        Tombstone.objects.update(deleted_at=two_hours_ago)
        answer = only(doctor.withdrawals)
        assert (answer.state, answer.said) == ("missing", "1 deletions are not in the journal")

    def test_the_vault_without_a_key_and_with_a_wrong_one(self, settings):
        contacts.keep(uuid7(), contacts.Person("", ()), expires_at=clock.now() + dt.timedelta(days=1))
        assert only(doctor.vault).said == "1 contacts, and each opens"
        right, settings.VAULT_KEYS = settings.VAULT_KEYS, ""
        assert (only(doctor.vault).state, only(doctor.vault).said) == ("note", "it has no key, so no contact is kept")
        settings.VAULT_KEYS = f"other:{right.partition(':')[2]}"
        answer = only(doctor.vault)
        assert answer.state == "missing"
        assert "'test'" in answer.said
        settings.VAULT_KEYS = "test:" + "A" * 43
        assert only(doctor.vault).state == "missing"
        settings.VAULT_KEYS = "nonsense"
        assert only(doctor.vault).state == "missing"

    def test_edition_whose_day_has_come(self, city, listener, today):
        accept_many([conversation(listener, heard("need"))])
        assert only(doctor.redistricting).state == "ok"
        old = BoundaryEdition.objects.get(layer=city.layers["area"])
        BoundaryEdition.objects.filter(pk=old.pk).update(valid_to=today)
        # Nothing follows: there is nowhere to move the record to.
        assert only(doctor.redistricting).state == "ok"
        new = BoundaryEdition.objects.create(
            layer=old.layer, code="second", status="active", valid_from=today, source="Drawn for tests",
            licence="CC0-1.0", checksum="second", imported_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )  # fmt: skip
        for district in old.districts.all():
            district.pk, district.edition = None, new
            district.code = f"new-{district.code}"
            district.save()
        answer = only(doctor.redistricting)
        assert (answer.state, answer.said[:1]) == ("missing", "1")
        assert "manage.py redistrict" in answer.mend
        assert redistrict().conversations == 1
        assert only(doctor.redistricting).state == "ok"
        assert District.objects.filter(edition=old).count() == 9


def test_it_takes_no_arguments():
    with pytest.raises((CommandError, SystemExit)):
        call_command("doctor", "--unknown")
