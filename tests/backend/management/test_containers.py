"""Dockerfile and compose.yaml agree with the code: names of variables, commands, files, the settings of PostgreSQL."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from backend.localdb.cluster import SETTINGS
from listening.vault.keys import index_key, parse_keys

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
OURS = ["migrate", "web", "worker", "daily", "nightly"]
# Read by the command of the image and by compose itself.
PASSWORDS = {f"LISTENING_DB_{role}PASSWORD" for role in ("", "ADMIN_", "API_", "OPEN_", "VAULT_", "WORKER_")}
NOT_SETTINGS = {"WORKERS", "PORT", *PASSWORDS}
SECRETS = {"LISTENING_SECRET_KEY", *PASSWORDS}


def instructions(name):
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)


def test_every_variable_is_one_that_the_settings_read():
    source = (ROOT / "backend" / "settings.py").read_text()
    read = set(re.findall(r'"((?:LISTENING_[A-Z_]+)|DATABASE_URL)"', source))
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    named = set(re.findall(r"(?<!\$)\$\{?([A-Z_]+)", COMPOSE_TEXT.split("x-service", 1)[1]))
    assert {"DATABASE_URL", "LISTENING_API_DATABASE_URL", "LISTENING_SECRET_KEY", "LISTENING_ALLOWED_HOSTS"} <= given
    assert (given | named) - read - NOT_SETTINGS == set()


def test_no_secret_has_a_default():
    uses = re.findall(r"\$\{([A-Z_]+)(:?[^}]*)\}", COMPOSE_TEXT)
    assert {name for name, _ in uses} >= SECRETS
    assert [name for name, rest in uses if name in SECRETS and not rest.startswith(":?")] == []
    passwords = re.findall(r"(?:PASSWORD|SECRET_KEY): (.*)", COMPOSE_TEXT)
    assert len(passwords) == 8
    assert [value for value in passwords if not value.startswith("${")] == []


def test_the_demo_and_its_password_stay_out():
    for text in (DOCKERFILE, COMPOSE_TEXT):
        assert "LISTENING_DEMO" not in text
        assert "LISTENING_DEBUG" not in text


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in {"listen_addresses", "shared_buffers"}])
def test_postgresql_is_set_as_the_private_cluster(name):
    assert f"-c{name}={SETTINGS[name]}" in SERVICES["db"]["command"]


def test_the_data_outlive_the_container():
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql/data"]
    assert "database" in COMPOSE["volumes"]


def test_so_do_photos_and_sound():
    """On the one volume that the web server fills and the daily round sweeps, as the user of the image."""
    (folder,) = re.findall(r"LISTENING_MEDIA_ROOT=(\S+)", DOCKERFILE)
    assert f"install --directory --owner=10001 --mode=0700 {folder}" in DOCKERFILE
    for service in ("web", "daily"):
        assert SERVICES[service]["volumes"] == [f"media:{folder}"]
    assert "media" in COMPOSE["volumes"]


@pytest.mark.parametrize("service", OURS)
def test_services_are_shut_in(service):
    told = SERVICES[service]
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in told


def test_nothing_but_the_web_server_is_published_and_that_on_this_machine():
    assert {name for name, told in SERVICES.items() if "ports" in told} == {"web"}
    assert [port.split(":", 1)[0] for port in SERVICES["web"]["ports"]] == ["127.0.0.1"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_each_waits_for_what_it_needs():
    assert SERVICES["roles"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["depends_on"] == {"roles": {"condition": "service_completed_successfully"}}
    for service in ("web", "worker", "daily", "nightly"):
        assert SERVICES[service]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["restart"] == "no"


def test_commands_exist():
    commands = [SERVICES[service].get("command", []) for service in OURS]
    lines = [" ".join(command) for command in commands] + [DOCKERFILE] + [COMPOSE_TEXT.split("x-service")[0]]
    names = {name for line in lines for name in re.findall(r"manage\.py ([a-z_]+)", line)}
    assert names == {
        "migrate", "set_up_database_roles", "worker", "redistrict", "sweep_attachments", "apply_retention",
        "rewrite_erased", "compact_feed", "collectstatic", "check", "create_city_admin", "doctor",
    }  # fmt: skip
    known = get_commands()
    assert names - set(known) == set()
    worker = load_command_class(known["worker"], "worker").create_parser("manage.py", "worker")
    assert worker.parse_args(SERVICES["worker"]["command"][3:]).every == 1.0


@pytest.mark.parametrize(
    ("service", "roles"),
    [
        ("migrate", {"owner": ""}), ("nightly", {"owner": ""}),
        ("web", {"api": "API_", "open_reader": "OPEN_", "vault": "VAULT_"}),
        ("worker", {"worker": "WORKER_", "vault": "VAULT_"}), ("daily", {"worker": "WORKER_", "vault": "VAULT_"}),
    ],
)  # fmt: skip
def test_each_service_has_the_roles_it_needs_and_no_other_password(service, roles):
    """Who takes over the web server has not the tables."""
    addresses = [value for value in SERVICES[service]["environment"].values() if "postgis://" in value]
    assert {name for one in addresses for name in re.findall(r"postgis://listening_(\w+):", one)} == set(roles)
    given = set(re.findall(r"LISTENING_DB_\w*PASSWORD", str(SERVICES[service]["environment"])))
    assert given == {f"LISTENING_DB_{part}PASSWORD" for part in roles.values()}


def test_contacts_are_kept_where_there_are_keys_and_the_keys_are_where_they_are_needed():
    """Who works as the owner has neither. Made as the top of the file says, the keys are keys."""
    for service in ("web", "worker", "daily"):
        assert SERVICES[service]["environment"]["LISTENING_VAULT_KEYS"] == "${LISTENING_VAULT_KEYS:-}"
    for service in ("migrate", "nightly"):
        assert "LISTENING_VAULT" not in str(SERVICES[service]["environment"])
    made = re.findall(r"export (LISTENING_VAULT_\w+)=(?:1:)?(\$\([^)]*\))", COMPOSE_TEXT)
    assert {name for name, _ in made} == {"LISTENING_VAULT_KEYS", "LISTENING_VAULT_INDEX_KEY"}
    for _, command in made:
        key = subprocess.run(["sh", "-c", f"printf %s {command}"], capture_output=True, text=True, check=True).stdout
        assert parse_keys(f"1:{key}").current == "1"
        assert len(index_key(key)) == 32


@pytest.mark.parametrize(
    ("now_s", "sleeps_s"), [(0, 10_802), (10_800, 2), (10_801, 1), (10_802, 86_400), (86_399, 10_803)]
)
def test_the_night_is_at_three(now_s, sleeps_s):
    (sum_,) = re.findall(r"sleep \$\$\(\((.*)\)\);", SERVICES["nightly"]["command"][2])
    told = sum_.replace("$$(date +%s)", str(now_s))
    done = subprocess.run(["sh", "-c", f"echo $(({told}))"], capture_output=True, text=True, check=True)
    assert int(done.stdout) == sleeps_s


def test_each_role_that_signs_in_gets_its_password():
    told = COMPOSE["configs"]["roles"]["content"]
    assert set(re.findall(r"ALTER ROLE listening_(\w+) PASSWORD", told)) == {
        "owner", "api", "worker", "open_reader", "vault"
    }  # fmt: skip


def test_the_roles_are_made_by_the_statements_of_the_project():
    for name in ("make_owner", "make_roles"):
        assert (ROOT / COMPOSE["configs"][name]["file"]).read_text().startswith(f"-- backend/db/sql/{name}.sql")
        assert f"--file=/{name}.sql" in COMPOSE["configs"]["roles"]["content"]
        assert {"source": name, "target": f"/{name}.sql"} in SERVICES["roles"]["configs"]


def test_web_sessions_of_the_database_are_short():
    assert SERVICES["web"]["environment"]["LISTENING_PROCESS"] == "web"
    assert {SERVICES[service]["environment"]["LISTENING_PROCESS"] for service in set(OURS) - {"web"}} == {"command"}


# --- the image ---------------------------------------------------------------------------------------
def test_the_image_holds_what_is_copied_and_nothing_else():
    copied = {path for line in instructions("COPY") for path in line.split()[:-1]}
    assert copied == {"requirements.txt", "manage.py", "backend", "districts", "listening", "fixtures"}
    assert [path for path in copied if not (ROOT / path).exists()] == []
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line[0] == "!"} == copied


def test_packages_are_checked_against_their_hashes():
    (install,) = [line for line in instructions("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert "-r requirements.txt" in install


def test_it_does_not_run_as_root():
    lines = DOCKERFILE.splitlines()
    assert instructions("USER") == ["10001"]
    last = max(number for number, line in enumerate(lines) if line.startswith(("RUN ", "COPY ")))
    assert lines.index("USER 10001") > last


def test_its_health_is_asked_under_a_name_of_its_own(monkeypatch):
    (told,) = instructions("HEALTHCHECK")
    program = json.loads(told.partition(" CMD ")[2])[2]
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda request, timeout: asked.append(request))
    for hosts in ("listening.example.org,other.example", ".example.org", "*"):
        monkeypatch.setenv("LISTENING_ALLOWED_HOSTS", hosts)
        exec(compile(program, "health", "exec"), {})
    assert {request.full_url for request in asked} == {"http://127.0.0.1:8000/health/live"}
    assert [request.get_header("Host") for request in asked] == ["listening.example.org", "example.org", "localhost"]


def test_the_checks_come_before_the_server():
    (shell, option, line) = json.loads(instructions("CMD")[-1])
    assert (shell, option) == ("sh", "-c")
    check, serve = line.split(" && exec ")
    assert check == "python manage.py check"
    words = shlex.split(serve)
    assert words[0] == "granian"
    assert words[-1] == "backend.wsgi:application"
