"""The coordinator's desk as a coordinator works at it: without scripts, on a phone, by keyboard, in three languages."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from uuid6 import uuid7

from backend import clock
from districts.models import Population
from listening.capture.accept import accept
from listening.codelists.models import Theme
from listening.fieldwork.models import Device, Session, Venue
from listening.records.models import Conversation
from listening.sync.models import Clash, Op, WaitingOp
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.listening.fieldwork.phone import enrolled
from tests.listening.submissions import conversation, heard
from tests.listening.sync.conftest import logged
from tests.people import person
from tests.squareville import inside

SHOTS = Path(settings.BASE_DIR) / "var" / "screenshots" / "desk"
PAGES = {
    "incoming": "/desk/",
    "conflicts": "/desk/conflicts/",
    "waiting": "/desk/waiting/",
    "phones": "/desk/phones/",
    "sessions": "/desk/sessions/",
    "session": "/desk/sessions/add/",
    "venues": "/desk/venues/",
    "venue": "/desk/venues/add/",
    "next": "/desk/next/?layer=area",
}


@pytest.fixture
def day(transactional_db, city, themes):
    """A day at the desk of zona B: three conversations, a clash, something in quarantine, phones, a session."""
    carla = person("carla", "coordinator", within=city.districts["zona", "B"], first_name="Carla", last_name="Conti")
    anna = person("anna", "listener", within=city.area(5))
    for number in range(1, 10):
        Population.objects.create(district=city.area(number), year=2025, residents=900 * number, source="Drawn")
    now = clock.now()
    told = [
        ("Al mercato, con la spesa in mano", 5, [heard("need", text="L'affitto si mangia la pensione.", severity=4)]),
        ("", 4, [heard("challenge", themes["mobility"], text="L'autobus 27 non passa la domenica."), heard("thanks")]),
        ("", 6, [heard("proposal", themes["housing"], themes["rent"], text="Un portierato di quartiere.")]),
    ]
    for summary, area, findings in told:
        accept(
            conversation(
                anna, *findings, summary=summary, area=area, language="it", occurred_at=now - dt.timedelta(hours=1)
            ),
            by=anna,
        )
    record = Conversation.objects.get(district=city.area(5))
    late = person("late", "listener", within=city.area(5))
    for member, ours, theirs in (("summary", record.summary, "Davanti al panificio"), ("channel", "street", "event")):
        brought = Op.objects.create(id=uuid7(), person=anna, fingerprint=b"x", received_at=now, outcome={})
        Clash.objects.create(conversation=record, op=brought, field=member, ours=ours, theirs=theirs, at=now)
    body = logged(occurred_at=(now - dt.timedelta(days=2)).isoformat())
    waits = Op.objects.create(id=body["op"], person=late, fingerprint=b"x", received_at=now, outcome={})
    WaitingOp.objects.create(op=waits, why="quarantined", body=body)
    enrolled(anna)
    Device.objects.filter(pk=enrolled(late).device.pk).update(last_seen_at=now - dt.timedelta(days=6))
    point = Point(*inside(5), srid=4326)
    venue = Venue.objects.create(code="albani", name="Mercato Albani", kind="market", location=point)
    Session.objects.create(kind="stall", title="Sabato mattina", venue=venue, started_at=now, convener=carla)
    return record


def test_a_coordinator_s_day_without_a_script(day, visit):
    visited = visit(language="en", javascript=False)
    visited.sign_in("carla")
    page = visited.open("/")
    page.get_by_role("navigation").get_by_role("link", name="Desk").click()
    assert page.locator(".record").count() == 3
    page.locator("#unthemed").check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.locator(".record").count() == 2
    page.locator(f'[aria-labelledby="c-{day.pk}"]').get_by_role("link", name="Set themes").click()
    page.get_by_label("Rent").check()
    page.get_by_role("button", name="Save").click()
    assert page.locator(".record").count() == 1
    assert [theme.code for theme in Theme.objects.filter(findings__conversation=day)] == ["rent"]

    page.get_by_role("link", name="Conflicts").click()
    assert page.locator(".record").count() == 2
    page.locator(".record", has_text="Davanti al panificio").get_by_role("button", name="Take what was").click()
    page.locator(".record").get_by_role("button", name="Keep what is stored").click()
    day.refresh_from_db()
    assert (day.summary, day.channel) == ("Davanti al panificio", "street")
    assert page.locator(".desk-sections .badge").count() == 1  # the quarantine alone

    page.get_by_role("link", name="Quarantine").click()
    page.locator("summary").click()
    page.get_by_label("Why; their phone is told").select_option(label="It was a trial")
    page.get_by_role("button", name="Refuse for good").click()
    assert page.get_by_text("Nothing waits for your decision.").is_visible()
    assert not WaitingOp.objects.exists()

    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("link", name="Change").first.click()
    page.get_by_label("Title").fill("Sabato, anche il pomeriggio")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("Sabato, anche il pomeriggio").is_visible()


def test_all_of_it_by_keyboard(day, visit):
    """From the address to a theme that is set, with Tab, Space and Enter alone."""
    visited = visit(language="en")
    visited.sign_in("carla")
    page = visited.open("/desk/")

    def reach(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                box = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
                assert box != "none", selector
                return
        pytest.fail(f"Tab does not lead to {selector}")

    reach(".themes a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/themes/**")
    reach("#t-health")
    page.keyboard.press("Space")
    reach("form[method=post] .choice button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/#f-*")
    assert Theme.objects.filter(code="health", findings__isnull=False).exists()


@pytest.mark.parametrize("language", ["it", "en", "ar"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_serious_barrier_and_nothing_sticks_out(day, visit, language, width):
    visited = visit(language=language, width=width, height=800)
    visited.sign_in("carla")
    SHOTS.mkdir(parents=True, exist_ok=True)
    finding = day.findings.get()
    for name, path in {**PAGES, "themes": f"/desk/findings/{finding.pk}/themes/"}.items():
        page = visited.open(path)
        for summary in page.locator("main summary").all():
            summary.click()
        assert (name, accessibility_violations(page)) == (name, [])
        assert (name, overflow(page) <= 0) == (name, True)
        page.screenshot(path=SHOTS / f"{name}-{language}-{width}.png", full_page=True)
