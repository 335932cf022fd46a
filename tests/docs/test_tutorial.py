"""The commands of the tutorial and of the README do what they say, on the schematic city."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from uuid6 import uuid7

from backend import clock
from backend.management.commands.demo import BOLOGNINA
from districts.importing.run import import_edition
from listening.codelists.load import load_themes
from listening.demo.load import FIXTURES, LAYERS
from listening.demo.people import PEOPLE, make_people
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation
from tests.docs.pages import Page, codes, page

TUTORIAL = page("docs/tutorial/first-conversation.md")
HOST = "localhost:8000"

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_city() -> None:
    """What `make demo` loads, without the conversations."""
    make_people()
    for name in LAYERS:
        import_edition(FIXTURES / "bologna" / f"{name}.yaml", FIXTURES / "bologna" / f"{name}.geojson")
    load_themes(FIXTURES / "themes.yaml")


@dataclass(frozen=True)
class Answer:
    """What one curl command sent and got."""

    method: str
    address: str
    response: HttpResponse

    @property
    def text(self) -> str:
        return self.response.content.decode()


def assigned(shown: Page) -> dict[str, str]:
    """What the lines NAME=$(command) of a page put into its variables."""
    people = make_people()
    values = {}
    for name, command in re.findall(r"^([A-Z]+)=\$\((.+)\)", "".join(shown.scripts()), re.MULTILINE):
        if token := re.search(r"manage\.py issue_token (\w+)", command):
            values[name] = issue(people[token[1]])
        elif "uuid7" in command:
            values[name] = str(uuid7())
        elif command.startswith("date -u"):
            values[name] = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        elif command.startswith("TZ=Europe/Rome date +%F"):
            values[name] = clock.local_date(clock.now()).isoformat()
        else:
            raise NotImplementedError(command)
    return values


def run_curl(command: str, values: dict[str, str]) -> Answer:
    """Run one curl command against the test client."""
    words = [re.sub(r"\$([A-Z]+)", lambda match: values[match[1]], word) for word in shlex.split(command)]
    assert words.pop(0) == "curl"
    method, body, headers, address = "", "", {}, ""
    while words:
        match words.pop(0):
            case "-sS":
                pass
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0)
            case "-X":
                method = words.pop(0)
            case word if word.startswith("http://"):
                address = word
            case word:
                raise NotImplementedError(word)
    parts = urlsplit(address)
    assert parts.netloc == HOST
    method = method or ("POST" if body else "GET")
    response = Client().generic(
        method, f"{parts.path}?{parts.query}", body, headers.pop("Content-Type", "application/json"), headers=headers
    )
    return Answer(method, f"{parts.path}?{parts.query}", response)


def curls(shown: Page) -> list[str]:
    """The curl commands of a page in order, continued lines joined."""
    joined = "\n".join(shown.scripts()).replace("\\\n", " ")
    return re.findall(r"^curl .*?(?=\n(?:curl|[A-Z]+=|$)|\Z)", joined, re.MULTILINE | re.DOTALL)


def test_the_tutorial_from_a_conversation_to_four_need_maps(demo_city: None) -> None:
    values = assigned(TUTORIAL)
    log, *maps, hidden, swapped = [command.strip() for command in curls(TUTORIAL)]

    first, again = run_curl(log, values), run_curl(log, values)
    assert (first.response.status_code, again.response.status_code) == (201, 200)
    assert first.response.json()["received_at"] == again.response.json()["received_at"]
    assert Conversation.objects.count() == 1
    district = first.response.json()["district"]
    assert (district["layer"], district["code"], district["name"]) == ("area-statistica", "14", "Arcoveggio")
    assert "code 14, Arcoveggio" in re.sub(r"\s+", " ", TUTORIAL.text)

    told = {codes(row[0])[0]: codes(row[2])[0] for row in TUTORIAL.table("5. See it in four layers", "layer")}
    assert len(maps) == len(told) == 4
    for command in maps:
        answer = run_curl(command, values)
        layer = re.search(r"layer=([a-z-]+)", answer.address)
        assert answer.response.status_code == 200
        assert layer
        assert any(line.startswith(f"{told[layer[1]]},") for line in answer.text.splitlines())

    assert run_curl(hidden, values).response.status_code == 403
    refused = run_curl(swapped, values)
    assert refused.response.status_code == 400
    assert "write longitude, then latitude" in refused.text


def test_the_readme_logs_a_conversation(demo_city: None) -> None:
    readme = page("README.md")
    (log,) = curls(readme)
    assert run_curl(log.strip(), assigned(readme)).response.status_code == 201
    assert str(BOLOGNINA) in log


def test_the_guide_to_corrections(demo_city: None) -> None:
    guide = page("docs/how-to/correct-and-delete-records.md")
    listener = make_people()["listener"]
    values = {"ID": str(uuid7()), "TOKEN": issue(listener), "ETAG": "*"}
    log = curls(page("README.md"))[0].strip()
    made = run_curl(log, {**assigned(page("README.md")), **values}).response.json()
    values["FINDING"] = made["findings"][0]["id"]
    read, change, theme, delete = [
        re.sub(r"-D -|-o /dev/null|-w '.*?'", "", command).strip() for command in curls(guide)
    ]

    values["ETAG"] = run_curl(read, values).response["ETag"]
    changed = run_curl(change, values).response
    assert (changed.status_code, changed.json()["people_count"]) == (200, 3)
    assert run_curl(change, values).response.status_code == 412
    values["ETAG"] = changed["ETag"]
    themed = run_curl(theme, values).response
    assert themed.json()["findings"][0]["themes"] == ["public_transport"]
    assert run_curl(delete, values).response.status_code == 204
    assert run_curl(read, values).response.status_code == 410


def test_the_demo_people_are_told() -> None:
    told = re.search(r"Sign in as (.+?) or (\w+);", page("README.md").text)
    assert told
    names = [*told[1].split(", "), told[2]]
    assert names == [name for name in PEOPLE if not name[-1].isdecimal()]
