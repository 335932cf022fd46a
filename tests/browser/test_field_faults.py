"""What goes wrong in the street: no network, a service that dies, answers that are lost, new versions, lost phones."""

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction
from playwright.sync_api import expect

from backend import clock
from listening.erasure.erase import erase, locked_conversation
from listening.fieldapp import shell
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import Device
from listening.fieldwork.revocation import revoke
from listening.fieldwork.roles import Role
from listening.records.models import Conversation
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.fieldphone import PHONE, WITHOUT_BACKGROUND_SYNC, FieldPhone, field_phone
from tests.people import person
from tests.squareville import inside

SECRET = "a-secret-of-the-tests-that-is-long-enough-and-random-0123456789"
PUSH = "**/api/v1/sync/push"
KEPT = """async () => {
  const asked = indexedDB.open("field");
  const db = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
  const counts = {};
  for (const name of db.objectStoreNames) {
    counts[name] = await new Promise((resolve) => {
      db.transaction(name).objectStore(name).count().onsuccess = (event) => resolve(event.target.result);
    });
  }
  db.close();
  return counts;
}"""


@pytest.fixture
def town(transactional_db, city, themes):
    return city


@pytest.fixture
def phone(browser, server, town, listener):
    with field_phone(browser, server) as made:
        made.enrol(listener)
        yield made


@contextmanager
def process_at(port: int, module: str = "tests.settings", **variables: str):
    """A process of its own that serves the service; it ends as by a power cut."""
    named = connection.settings_dict
    host, password = (quote(str(named[name]), safe="") for name in ("HOST", "PASSWORD"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")},
        "DJANGO_SETTINGS_MODULE": module,
        **variables,
        "LISTENING_SECRET_KEY": SECRET,
        "DATABASE_URL": f"postgis://{named['USER']}:{password}@{host}:{named['PORT']}/{named['NAME']}",
    }
    command = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"]
    command += ["--workers", "1", "--blocking-threads", "1", "--log-level", "warning", "backend.wsgi:application"]
    process = subprocess.Popen(
        [Path(sys.executable).parent / "granian", *command],
        cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        # The worker would outlive the process that is killed, and keep the port.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def browser_of(profile, browser, server):
    """A browser with a profile on the disk, as on a phone: closed and opened, it is the same."""
    longitude, latitude = inside(5)
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=FLAGS, locale="en", permissions=["geolocation"],
        geolocation={"longitude": longitude, "latitude": latitude}, **PHONE,
    )  # fmt: skip
    context.add_init_script(WITHOUT_BACKGROUND_SYNC)
    made = FieldPhone(context.pages[0], context, server)
    made.watch()
    yield made
    context.close()
    assert (made.foreign, made.failures) == ([], [])


def test_the_service_is_killed_the_browser_is_closed_and_nothing_is_lost(tmp_path, browser, town, listener, settings):
    settings.SECRET_KEY = SECRET
    port = free_port()
    address = f"http://localhost:{port}"
    with browser_of(tmp_path, browser, address) as phone:
        with process_at(port):
            phone.enrol(listener)
            phone.log()
            phone.waits(0)
        for theme in ("mobility", "health"):
            phone.log(theme)
        phone.waits(2)
        phone.page.locator("#t-housing").tap()
        phone.page.locator("#note").fill("Piove in cas")
        phone.page.locator("html[data-draft=kept]").wait_for()
    with browser_of(tmp_path, browser, address) as phone:
        page = phone.open()
        print(f"opened without a service after {page.evaluate('() => performance.now()'):.0f} ms")
        phone.waits(2)
        assert page.locator("#note").input_value() == "Piove in cas"
        assert page.locator("#t-housing").get_attribute("aria-pressed") == "true"
        page.locator("#note").fill("Piove in casa")
        phone.save()
        phone.waits(3)
        with process_at(port):
            page.locator("#net").tap()
            phone.waits(0)
        phone.show("today")
        assert page.locator(".item[data-standing=sent]").count() == 4
    assert Conversation.objects.count() == 4
    assert Conversation.objects.filter(findings__text="Piove in casa").count() == 1


def test_an_answer_is_lost_and_each_entry_is_stored_once(phone):
    def lose(route):
        route.fetch()
        route.abort()

    phone.context.route(PUSH, lose)
    for theme in ("housing", "mobility"):
        phone.log(theme)
    phone.waits(2)
    expect(phone.page.locator("#net")).to_contain_text("No answer")
    assert Conversation.objects.count() >= 1
    phone.context.unroute(PUSH)
    phone.page.locator("#net").tap()
    phone.waits(0)
    assert Conversation.objects.count() == 2


def test_two_tabs_lose_and_double_nothing(phone, server):
    phone.context.set_offline(True)
    other = FieldPhone(phone.context.new_page(), phone.context, server)
    other.open()
    for tab in (phone, other, phone, other):
        tab.page.bring_to_front()
        tab.log()
    other.waits(4)
    phone.waits(4)
    phone.context.set_offline(False)
    phone.waits(0)
    other.waits(0)
    assert Conversation.objects.count() == 4


def test_a_new_version_leaves_the_queue_and_the_note(phone, monkeypatch, tmp_path):
    page = phone.page
    phone.context.route(PUSH, lambda route: route.abort())
    phone.log()
    page.locator("#note").fill("half a sent")
    newer = tmp_path / "sw.js"
    newer.write_text(shell.WORKER.read_text(encoding="utf-8") + "// newer\n", encoding="utf-8")
    monkeypatch.setattr(shell, "WORKER", newer)
    page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => { one.update(); })")
    page.locator("#update").wait_for()
    assert len(page.evaluate("() => caches.keys()")) == 2
    with page.expect_navigation():
        page.locator("#update").tap()
    page.locator("html[data-ready]").wait_for()
    phone.waits(1)
    assert page.locator("#note").input_value() == "half a sent"
    assert len(page.evaluate("() => caches.keys()")) == 1
    phone.context.unroute(PUSH)
    page.locator("#net").tap()
    phone.waits(0)
    assert Conversation.objects.count() == 1


def test_a_lease_that_is_over_is_renewed_by_the_key(phone):
    Device.objects.update(lease_until=clock.now() - dt.timedelta(hours=1))
    phone.log()
    phone.waits(0)
    assert Device.objects.get().lease_until > clock.now() + dt.timedelta(hours=71)
    assert Conversation.objects.count() == 1


def test_a_phone_that_is_taken_away_keeps_what_it_has_until_it_is_added_anew(phone, listener):
    page = phone.page
    revoke(Device.objects.all(), by=listener, forget=False)
    phone.log()
    phone.show("more").locator("#anew").tap()
    expect(page.locator("main")).to_contain_text("1 conversation that was not sent")
    assert Conversation.objects.count() == 0
    phone.enrol(listener)
    phone.waits(0)
    assert Conversation.objects.count() == 1


def test_a_phone_that_is_told_to_forget_forgets(phone, listener):
    phone.log()
    phone.waits(0)
    # What is drawn after a sync is drawn, and the button stands still.
    phone.page.locator("html[data-activity=idle]").wait_for()
    revoke(Device.objects.all(), by=listener, forget=True)
    phone.page.locator("#t-housing").tap()
    # The form does not become empty, as after any other save: it is gone with everything else.
    phone.page.locator("#save").tap()
    expect(phone.page.locator("main")).to_contain_text("has forgotten everything")
    kept = phone.page.evaluate(KEPT)
    assert (kept["ops"], kept["rows"], kept["photos"], kept["reference"]) == (0, 0, 0, 0)
    assert Conversation.objects.count() == 1


def test_an_envelope_that_is_refused_is_halved_until_the_bad_one_is_alone(phone):
    def refuse(route):
        if "spoilt" in (route.request.post_data_buffer or b"").decode("latin-1"):
            problem = '{"type": "/problems/invalid-request", "title": "The request is not valid", "status": 400}'
            route.fulfill(status=400, content_type="application/problem+json", body=problem)
        else:
            route.continue_()

    page = phone.page
    # So that what is sent can be read here.
    page.evaluate("() => { delete globalThis.CompressionStream; }")
    phone.context.set_offline(True)
    for _ in range(2):
        phone.log()
    page.locator("#t-housing").tap()
    page.locator("#note").fill("spoilt")
    phone.save()
    phone.log()
    phone.context.route(PUSH, refuse)
    phone.context.set_offline(False)
    phone.waits(0)
    assert Conversation.objects.count() == 3
    phone.show("today")
    assert "The request is not valid" in page.locator(".trouble").inner_text()


def test_a_day_of_three_listeners(browser, server, town, planner, coordinator, client_of):
    """Sixty conversations without a network; one phone is lost, one listener moved; the map has the others once."""
    people = [person(name, within=None) for name in ("anna", "bruno", "chiara")]
    areas = (1, 5, 9)
    for someone, area in zip(people, areas, strict=True):
        assign(someone, Role.LISTENER, within=town.area(area))
    with (
        field_phone(browser, server, area=1) as first,
        field_phone(browser, server, area=5) as second,
        field_phone(browser, server, area=9) as third,
    ):
        phones = (first, second, third)
        for phone, someone in zip(phones, people, strict=True):
            phone.page.bring_to_front()
            phone.enrol(someone)
            phone.context.set_offline(True)
            for number in range(20):
                phone.log(("housing", "mobility")[number % 2])
            phone.waits(20)
            if phone is first:
                phone.page.locator("#undo").tap()
                phone.waits(19)
        # Anna took one back; Bruno moves to another district, Chiara loses her phone.
        people[1].assignments.all().delete()
        assign(people[1], Role.LISTENER, within=town.area(8))
        revoke(Device.objects.filter(person=people[2]), by=people[2], forget=True)
        for phone, left in zip(phones, (0, 0, 0), strict=True):
            phone.page.bring_to_front()
            phone.context.set_offline(False)
            phone.waits(left)
        expect(third.page.locator("main")).to_contain_text("has forgotten everything")
    # 19 by Anna, of which 10 on housing, as many of Bruno's 20; none of Chiara's.
    year = clock.local_date(clock.now()).year
    address = f"/api/v1/need-map?period={year}&theme=housing&format=json"
    city = client_of(planner).get(f"{address}&layer=quartiere").json()["city"]
    assert (city["conversations"], city["mentioning"]) == (39, 20)
    found = client_of(coordinator).get(f"{address}&layer=area").json()["features"]
    counts = {one["properties"]["code"]: one["properties"]["conversations"] for one in found}
    assert {code: count for code, count in counts.items() if count} == {"1": 19, "5": 20}


def keeps(phone, **wanted: int) -> None:
    """Until so many rows of each store are kept on the phone. Raises AssertionError after 15 s."""
    kept: dict[str, int] = {}
    for _ in range(150):
        kept = phone.page.evaluate(KEPT)
        if all(kept[name] == count for name, count in wanted.items()):
            return
        phone.page.wait_for_timeout(100)
    raise AssertionError(f"{kept}, not {wanted}")


def test_what_residents_withdraw_leaves_the_phone_with_its_ops(phone):
    """Rule C10: what was sent is kept for a restored service, but not when the conversation was deleted."""
    phone.log()
    phone.waits(0)
    keeps(phone, ops=1, rows=1)
    with transaction.atomic():
        erase(locked_conversation(Conversation.objects.get().pk))
    phone.page.locator("#net").tap()
    keeps(phone, ops=0, rows=0)
