"""What the field app promises in numbers: three taps, twenty entries, feeds that begin anew, bytes, consent."""

import os
import re
import subprocess
import sys
from urllib.request import urlopen

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from backend import clock
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Notice, Receipt
from listening.fieldapp import shell
from listening.records.models import Consent, Conversation
from listening.sync import feed
from listening.sync.models import Change, FeedState, Op
from tests.browser.fieldphone import field_phone
from tests.browser.test_dashboard import accessibility_violations
from tests.browser.test_field_faults import KEPT, PUSH, SECRET, browser_of, free_port, process_at
from tests.listening.fieldapp.test_shell import FIRST_SCREEN_BYTES
from tests.people import person

COUNT_TAPS = """() => {
  globalThis.taps = [];
  addEventListener("pointerup", (event) => taps.push(event.target.closest("button")?.id), { capture: true });
}"""


@pytest.fixture
def phone(browser, server, transactional_db, city, themes, listener):
    Notice.objects.create(version="1", language="en", text="We note no names.", sha256="0" * 64, loaded_at=clock.now())
    with field_phone(browser, server) as made:
        made.enrol(listener)
        yield made


def kept(phone):
    return phone.page.evaluate(KEPT)


def holds(phone, **counts):
    """Until the phone holds so many; it syncs again meanwhile, as it would by itself."""
    for _ in range(60):
        found = {name: kept(phone)[name] for name in counts}
        if found == counts:
            return
        phone.page.wait_for_timeout(100)
    assert found == counts


def test_three_taps_from_the_start_to_a_valid_entry(phone):
    """Of an app that was opened: everything else is filled in."""
    page = phone.open()
    page.locator("#t-housing").wait_for()
    page.evaluate(COUNT_TAPS)
    page.locator("#t-housing").tap()
    page.locator("#severity-4").tap()
    page.locator("#save").tap()
    page.locator("#undo").wait_for()
    phone.waits(0)
    assert page.evaluate("() => taps") == ["t-housing", "severity-4", "save"]
    conversation = Conversation.objects.get()
    finding = conversation.findings.get()
    assert (conversation.channel, conversation.district.code, finding.severity) == ("street", "5", 4)
    assert [theme.code for theme in finding.themes.all()] == ["housing"]


def test_twenty_entries_without_a_network_and_then_exactly_twenty(phone):
    phone.context.set_offline(True)
    page = phone.open()  # from what the phone keeps
    assert page.evaluate("() => navigator.onLine") is False
    for number in range(20):
        phone.log(("housing", "mobility")[number % 2], severity=number % 5 + 1)
    phone.waits(20)
    assert "20" in page.locator("#net").inner_text()
    assert Conversation.objects.count() == 0
    page = phone.open()
    phone.waits(20)
    phone.context.set_offline(False)
    phone.waits(0)
    assert Conversation.objects.count() == 20
    assert Op.objects.count() == 20


class TestFeedsThatBeginAnew:
    @pytest.fixture
    def logged(self, phone):
        for theme in ("housing", "mobility"):
            phone.log(theme)
        phone.waits(0)
        phone.page.locator("#net").tap()
        holds(phone, rows=2)
        return phone

    def sync(self, phone):
        phone.page.locator("#net").tap()

    def test_a_cursor_below_the_floor_brings_everything_again(self, logged):
        # The feed was compacted while the phone was away: that one conversation is gone stands in no entry any longer.
        Conversation.objects.first().delete()
        feed.sequence()
        FeedState.objects.update(floor=feed.head())
        Change.objects.all().delete()
        self.sync(logged)
        holds(logged, rows=1)
        expect(logged.show("today").locator(".item")).to_have_count(1)

    def test_after_a_restore_what_was_lost_is_sent_again_and_nothing_doubles(self, logged):
        """The backup lacks the second conversation, and the service's memory of it."""
        lost = Conversation.objects.order_by("received_at").last()
        Op.objects.exclude(pk__in=Op.objects.order_by("received_at").values("pk")[:1]).delete()
        pk = lost.pk
        lost.delete()
        feed.begin_epoch()
        holds(logged, rows=2)
        self.sync(logged)
        for _ in range(60):
            if Conversation.objects.filter(pk=pk).exists():
                break
            logged.page.wait_for_timeout(100)
        logged.waits(0)
        assert Conversation.objects.count() == 2
        assert Conversation.objects.filter(pk=pk).count() == 1
        holds(logged, rows=2)

    def test_who_may_read_nothing_any_longer_keeps_what_was_not_sent(self, logged, listener):
        logged.context.set_offline(True)
        logged.log("health")
        logged.waits(1)
        listener.assignments.all().delete()
        logged.context.set_offline(False)
        logged.waits(0)
        self.sync(logged)
        # The ops: what was sent, for a restore; and what waits for the coordinator.
        holds(logged, rows=0, ops=3)
        assert Conversation.objects.count() == 2


def test_the_system_calls_the_worker_which_sends_what_waits(phone, server):
    """Background Sync, forced: the form is closed, and what the page could not send arrives all the same."""
    page = phone.page
    phone.context.route(PUSH, lambda route: route.abort())
    for theme in ("housing", "mobility"):
        phone.log(theme)
    phone.waits(2)
    assert Conversation.objects.count() == 0
    devtools, found = phone.context.new_cdp_session(page), []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.goto(f"{server}/receipt/")
    phone.context.unroute(PUSH)
    page.wait_for_timeout(200)
    assert Conversation.objects.count() == 0
    (registration,) = {one["registrationId"] for one in found if one["scopeURL"].endswith("/field/")}
    devtools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": server, "registrationId": registration, "tag": "field-queue", "lastChance": True},
    )
    for _ in range(100):
        if Conversation.objects.count() == 2:
            break
        page.wait_for_timeout(100)
    assert Conversation.objects.count() == 2
    phone.open()
    phone.waits(0)
    assert Op.objects.count() == 2


class TestConsent:
    def test_bands_consents_and_the_card_go_along(self, phone):
        page, code = phone.page, new_code()
        page.locator("#t-housing").tap()
        page.locator("#more").tap()
        page.get_by_role("button", name="outside the EU: one more").tap()
        page.locator("#notice summary").tap()
        assert page.get_by_text("We note no names.").is_visible()
        page.locator("#consent-quote").tap()
        page.locator("#consent-mode").select_option("written")
        assert not page.locator("#consent-statistics").is_visible()  # the city listens as its public task
        page.locator("#card").fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
        page.locator("#card").blur()
        expect(page.locator("#card-wrong")).to_contain_text("not the code of a card")
        page.locator("#card").fill(code.lower().replace("-", " "))
        page.locator("#card").blur()
        expect(page.locator("#card-wrong")).to_be_empty()
        page.locator("html[data-draft=kept]").wait_for()
        assert accessibility_violations(page) == []
        phone.shoot("consent")
        phone.save()
        phone.waits(0)
        conversation = Conversation.objects.get()
        assert [(one.variable, one.band) for one in conversation.bands.all()] == [("citizenship", "non_eu")]
        agreed = [(one.purpose, one.mode, one.notice_version) for one in conversation.consents.all()]
        assert agreed == [("quote", "written", "1")]
        assert Receipt.objects.get().conversation_id == conversation.pk
        assert bytes(Receipt.objects.get().digest) == digest_of(read_code(code))

    def test_what_was_agreed_is_taken_back_and_a_card_is_given_once(self, phone):
        page = phone.page
        page.locator("#t-housing").tap()
        page.locator("#more").tap()
        page.locator("#consent-recontact").tap()
        phone.save()
        phone.waits(0)
        assert Consent.objects.get().purpose == "recontact"
        phone.show("today").locator(".item[data-standing=sent]").tap()
        page.locator("#more").tap()
        expect(page.locator("#consent-recontact")).to_be_checked()
        assert page.locator("#card").count() == 0
        page.locator("#consent-recontact").tap()
        phone.save()
        phone.waits(0)
        assert not Consent.objects.exists()

    def test_a_city_that_counts_by_consent_asks_for_it(self, browser, server, transactional_db, city, themes, settings):
        settings.STATISTICS_BASIS = "consent"
        Notice.objects.create(version="1", language="en", text="We count.", sha256="0" * 64, loaded_at=clock.now())
        with field_phone(browser, server) as phone:
            phone.enrol(person("anna", "listener"))
            page = phone.page
            for agrees in (True, False):
                page.locator("#t-housing").tap()
                page.locator("#more").tap()
                assert page.locator("#counted").count() == 0
                if agrees:
                    page.locator("#consent-statistics").tap()
                phone.save()
                phone.waits(0)
        assert sorted(Conversation.objects.values_list("may_be_counted", flat=True)) == [False, True]


def test_a_coordinator_s_phone_says_why_it_reads_where_the_city_asks(
    browser, server, transactional_db, city, themes, settings, listener, trail
):
    """Their pull brings sensitive records of others, of which the phone keeps none."""
    from listening.capture.accept import accept
    from tests.listening.submissions import conversation, heard

    settings.PURPOSE_REQUIRED = True
    accept(conversation(listener, heard("need", themes["health"])), by=listener)
    carla = person("carla", "coordinator")
    with field_phone(browser, server) as phone:
        phone.enrol(carla)
        phone.log()
        phone.waits(0)
        holds(phone, rows=1)
    reads = [entry for entry in trail() if entry.verb == "read_list"]
    assert reads
    assert {entry.purpose for entry in reads} == {"coordination"}


# Name, bytes on the wire, and when it was asked for and had come, in milliseconds; and when the app was ready.
CAME = """() => [performance.now(), ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
  .map((one) => [one.name.split('/').pop(), one.transferSize, one.startTime, one.responseEnd])]"""
HEAD_BYTES = 500  # of an answer
READY_BYTES = 28_000  # page, style, words and modules of the first screen, with their heads
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # bytes a second


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Static files as a city serves them."""
    root = tmp_path_factory.mktemp("static")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.browser.collected_settings", "COLLECTED": str(root)}
    ignored = [f"--ignore={name}" for name in ("admin", "drf_spectacular_sidecar", "gis", "rest_framework", "mfa")]
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0", *ignored]
    subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True)
    return root


def test_a_first_visit_on_a_slow_network_costs_few_bytes_and_few_turns(
    tmp_path, browser, transactional_db, city, themes, collected, settings
):
    """Slow 3G and a slow phone: a code can be typed before the rest has come. The time is printed, bytes are held."""
    settings.SECRET_KEY = SECRET
    port = free_port()
    with (
        process_at(port, "tests.browser.collected_settings", COLLECTED=str(collected)),
        browser_of(tmp_path, browser, f"http://localhost:{port}") as phone,
    ):
        urlopen(f"http://localhost:{port}/field/").read()  # the service is warm, as any is that serves a city
        devtools = phone.context.new_cdp_session(phone.page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW_3G)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page = phone.open()
        ready, came = page.evaluate(CAME)
        page.locator("html[data-worker=ready]").wait_for(timeout=60_000)
        came = [(re.sub(r"\.[0-9a-f]{12}", "", name), *rest) for name, *rest in came]
        first = [one for one in came if one[0] in shell.first_modules()]
        # What came after the first screen, while the clock was read, is not counted.
        (words,) = (one for one in came if one[0] == "en.json")
        shown = [words, *first, *(one for one in came if one[0] in {"", "fieldapp.css"})]
        print(f"ready after {ready:.0f} ms, {sum(size for _, size, *_ in shown)} bytes in {len(shown)} answers")
        assert len(first) == len(shell.first_modules())
        assert sum(size for _, size, _, _ in first) < FIRST_SCREEN_BYTES + len(first) * HEAD_BYTES, first
        assert len(shown) == len(first) + 3
        assert sum(size for _, size, *_ in shown) < READY_BYTES, shown
        # The page names each module, and its head the words, so that none waits for another to ask for it.
        came_first = min(end for *_, end in first)
        assert max(start for _, _, start, _ in [words, *first]) < came_first
