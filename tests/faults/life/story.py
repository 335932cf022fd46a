"""The life of one conversation, in real processes: logged with a contact, pulled, counted, backed up, withdrawn with
the code of its card, erased, and still gone after the backup was restored. Beside it, of one that staff deleted.

Each step says a line. A step that finds something where nothing may be ends the story with an AssertionError.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from listening.sync.client.client import Client
from listening.sync.client.store import Store
from listening.sync.client.transport import Transport
from tests.faults.chaos.database import Database
from tests.faults.life.house import House

# What may be nowhere in the end: words, a name, a number as it was typed and as it is kept, an address.
WORD, NAME, E_MAIL = "Zaunkoenigin", "Nachtigallina", "rotkehlchen@example.org"
TYPED, NUMBER = "051 7654321", "+390517654321"
SLIP = "Rohrdommelig"  # in a conversation that staff delete
PERSONAL = (NAME, E_MAIL, NUMBER, NUMBER[1:], TYPED)
OTHERS = 3  # conversations that stay
Say = Callable[[str], None]


class Life:
    """One conversation and all who meet it."""

    def __init__(self, house: House, code: str, say: Say) -> None:
        self.house, self.code, self.say = house, code, say
        told = {one["name"]: one["token"] for one in house.database.phones}
        self.writer, self.desk = told["listener-0-a"], told["coordinator"]
        self.tokens = {"writer": told["listener-0-a"], "desk": told["coordinator"], "asleep": told["listener-0-c"]}
        self.phones: dict[str, Client] = {}
        self.happened = dt.datetime.fromtimestamp(time.time(), dt.UTC) - dt.timedelta(minutes=5)
        self.pk = self.slip = ""
        self.photo = f"/api/v1/attachments/{uuid.uuid4()}"

    # --- phones ----------------------------------------------------------------------------------------------
    def phone(self, name: str) -> Client:
        """Its store is a file that stays, also when the service moves to another port."""
        before = self.phones.pop(name, None)
        store = before.store if before else Store(self.house.folder / f"{name}.sqlite3")
        self.phones[name] = Client(store, Transport(self.house.address, self.tokens[name]))
        return self.phones[name]

    def log(self, summary: str, **members: Any) -> str:
        point = {"type": "Point", "coordinates": self.house.database.places[4]}
        finding = {"id": str(uuid.uuid4()), "kind": "need", "text": summary, "themes": ["rent"]}
        place = {"kind": "point", "point": point, "accuracy_m": 10}
        fields = {
            "occurred_at": self.happened.isoformat(timespec="seconds"), "channel": "street", "summary": summary,
            "place": place, "findings": [finding], **members,
        }  # fmt: skip
        return self.phone("writer").create("conversation", fields)

    def need_map(self) -> Any:
        """All that a planner's map says of a theme."""
        path = f"/api/v1/need-map?layer=area&theme=rent&period={self.happened:%Y}&geometry=none"
        reply = self.house.ask("GET", path, token=self.desk)
        assert reply.status == 200, reply.body
        return reply.json

    # --- where it could be -----------------------------------------------------------------------------------
    def found(self) -> dict[str, int]:
        """Hits of the conversation in each way out of the service: searches, lists, exports, copies, fresh pulls."""
        ask, desk = self.house.ask, self.desk
        record = f"/api/v1/conversations/{self.pk}"
        fresh = Client(Store(":memory:"), Transport(self.house.address, desk))
        fresh.sync()
        ways = {
            "search of conversations": ask("GET", f"/api/v1/conversations?q={WORD}", token=desk).body,
            "search of findings": ask("GET", f"/api/v1/findings?q={WORD}", token=desk).body,
            "list": ask("GET", "/api/v1/conversations?limit=500", token=desk).body,
            "export as GeoJSON": ask(
                "GET", "/api/v1/conversations?limit=500", token=desk, Accept="application/geo+json"
            ).body,
            "detail": ask("GET", record, token=desk).body,
            "contact": ask("GET", f"{record}/contact", token=desk, X_Purpose="follow_up").body,
            "copy by the code": ask("POST", "/api/v1/receipts/copy", {"code": self.code}).body,
            "fresh pull": str(fresh.shown()).encode(),
        }
        hits = {name: _hits(body, [WORD, SLIP, *PERSONAL]) for name, body in ways.items()}
        photo = ask("GET", f"{self.photo}/content", token=desk)
        return hits | {"photo": int(photo.status == 200)}

    def in_files(self, secrets: Iterable[str], files: Iterable[Path]) -> int:
        return sum(_hits(file.read_bytes(), secrets) for file in files if file.exists())

    def secrets(self) -> list[str]:
        return [WORD, SLIP, *PERSONAL, self.code, self.code.replace("-", "")]


def _hits(content: bytes, secrets: Iterable[str]) -> int:
    """How often any of the texts stands in a content, in any case."""
    low = content.lower()
    return sum(low.count(one.lower().encode()) for one in secrets)


def live(database: Database, folder: Path, *, code: str, photo: bytes, say: Say = print) -> None:
    """Tell the story from beginning to end, on a fresh database of a cluster of its own."""
    database.begin("life", [])
    house = House(database, folder)
    life = Life(house, code, say)
    try:
        house.manage("load_notices", "fixtures/notice.yaml")
        house.serve()
        before = _others_speak(life)
        _is_logged(life, photo)
        _is_seen(life, before)
        backup = folder / "earlier.dump"
        _is_backed_up(life, backup)
        _is_withdrawn(life)
        _is_gone(life, before, "withdrawn")
        _phones_forget(life)
        _backup_is_restored(life, backup)
        _is_gone(life, None, "restored")
        _sleeper_wakes(life)
        _is_gone(life, None, "when the last phone has spoken")
        say("the end: nothing is left")
    finally:
        house.rest()
        for phone in life.phones.values():
            phone.store.close()
        database.end()


def _others_speak(life: Life) -> Any:
    for number in range(OTHERS):
        life.log(f"The bus is late, says number {number}")
    life.phones["writer"].sync()
    before = life.need_map()
    counted = before["city"]["conversations"]
    assert counted == OTHERS
    life.say(f"before: the need map counts {counted} conversations of others")
    return before


def _is_logged(life: Life, photo: bytes) -> None:
    agreed = [{"purpose": "recontact", "mode": "spoken", "notice_version": "demo-1"}]
    life.slip = life.log(f"{SLIP}, typed for the wrong person")
    life.pk = life.log(f"{WORD} cannot pay the rent", receipt=life.code, consents=agreed)
    life.phones["writer"].sync()
    told = {
        "name": NAME,
        "details": [{"kind": "phone", "value": TYPED}, {"kind": "email", "value": E_MAIL}],
    }
    kept = life.house.ask("PUT", f"/api/v1/conversations/{life.pk}/contact", told, token=life.writer)
    assert kept.status == 204, kept.body
    announced = {
        "id": life.photo.rpartition("/")[2], "conversation": life.pk, "size": len(photo),
        "sha256": hashlib.sha256(photo).hexdigest(), "media_type": "image/jpeg",
    }  # fmt: skip
    assert life.house.ask("POST", "/api/v1/attachments", announced, token=life.writer).status == 201
    sent = life.house.ask(
        "PATCH", life.photo, photo, token=life.writer, Upload_Offset="0", Tus_Resumable="1.0.0",
        Content_Type="application/offset+octet-stream",
    )  # fmt: skip
    assert sent.status < 300, sent.body
    life.say("logged: one conversation more, with a card, a photo and somebody to call back; and one that is a slip")


def _is_seen(life: Life, before: Any) -> None:
    for name in ("desk", "asleep"):
        life.phone(name).sync()
        assert WORD in str(life.phones[name].shown()), name
    after = life.need_map()
    assert after["city"]["conversations"] == OTHERS + 2
    assert after != before
    found = life.found()
    absent = [name for name, hits in found.items() if not hits]
    assert absent == [], f"the story does not see what is there: {absent}"
    life.say(f"pulled: by two phones; the need map counts {after['city']['conversations']}")
    on_disk = life.in_files([WORD], life.house.database_files())
    assert on_disk > 0
    life.say(f"found: {', '.join(f'{name} {hits}' for name, hits in found.items())}, files of the database {on_disk}")


def _is_backed_up(life: Life, backup: Path) -> None:
    life.house.back_up(backup)
    words, personal = life.in_files([WORD], [backup]), life.in_files([*PERSONAL, life.code], [backup])
    assert words > 0
    assert personal == 0
    life.say(f"backed up: {backup.stat().st_size} bytes by pg_dump; {words} times the words, 0 times who said them")


def _is_withdrawn(life: Life) -> None:
    assert life.house.ask("DELETE", f"/api/v1/conversations/{life.slip}", token=life.desk).status == 204
    life.say("deleted: the slip, by a coordinator")
    page = life.house.fill_in("/receipt/", code=life.code.lower(), wish="deletion", sure="on")
    assert page.status == 200
    assert life.need_map()["city"]["conversations"] == OTHERS + 1, "the page asks, the worker does"
    life.say("withdrawn: at /receipt/, with the code alone")
    life.say(f"worker: {life.house.worker()}")
    life.say(f"nightly: {life.house.manage('rewrite_erased')}")
    log = life.in_files(life.secrets(), life.house.write_ahead_log())
    life.say(f"write-ahead log: {log} times, until it is overwritten: the notice says so")


def _is_gone(life: Life, before: Any, when: str) -> None:
    house = life.house
    found = life.found()
    files = {
        "files of the database": life.in_files(life.secrets(), house.database_files()),
        "logs": life.in_files(life.secrets(), house.logs()),
        "journal": life.in_files(life.secrets(), [house.journal]),
        "photos": sum(1 for file in (house.folder / "media").rglob("*") if file.is_file()),
    }
    counted = life.need_map()
    life.say(f"{when}: 0 hits expected; {', '.join(f'{name} {hits}' for name, hits in {**found, **files}.items())}")
    assert {name: hits for name, hits in {**found, **files}.items() if hits} == {}
    assert counted["city"]["conversations"] == OTHERS
    if before is not None:
        assert counted == before
    life.say(f"{when}: the need map counts {counted['city']['conversations']}, as before")


def _phones_forget(life: Life) -> None:
    files = []
    for name in ("writer", "desk"):
        life.phone(name).sync()
        assert _hits(str(life.phones[name].shown()).encode(), [WORD, SLIP]) == 0, name
        files += list(life.house.folder.glob(f"{name}.sqlite3*"))
    hits = life.in_files(life.secrets(), files)
    life.say(f"phones: {hits} hits in the files of the two that synced")
    assert hits == 0


def _backup_is_restored(life: Life, backup: Path) -> None:
    house = life.house
    house.rest()
    house.restore(backup, "life_again")
    words = life.in_files([WORD], house.database_files())
    assert words > 0
    with house.database.session() as session:
        asked = "SELECT count(*) FROM records_conversation WHERE id = ANY(%s::uuid[])"
        assert session.execute(asked, [[life.pk, life.slip]]).fetchone() == (2,), "the backup has them"
    life.say(f"restored: the earlier backup, into a new database; both conversations are back ({words} hits on disk)")
    house.manage("migrate", "--verbosity=0")
    house.manage("set_up_database_roles")
    life.say(f"journal: {house.manage('replay_withdrawals', str(house.journal))}")
    house.manage("begin_sync_epoch")
    house.worker()
    house.manage("rewrite_erased")
    differences = house.manage("reconcile_rollups")
    life.say(f"cells: {differences}; audit: {house.manage('verify_audit').splitlines()[-1]}")
    house.serve()


def _sleeper_wakes(life: Life) -> None:
    """A phone that has slept through all of it, and the one that logged it and sends again after a restore."""
    for name in ("asleep", "writer"):
        life.phone(name).sync()
        assert _hits(str(life.phones[name].shown()).encode(), [WORD, SLIP]) == 0, name
    life.say("phones: the one that slept and the one that logged it have synced with the restored service")
    life.house.worker()
    life.house.manage("rewrite_erased")
