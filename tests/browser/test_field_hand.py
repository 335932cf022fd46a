"""The field app in one hand, in the sun: installed, within the thumb's reach, legible, in each language."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from listening.fieldwork.models import Venue
from listening.records.models import Conversation
from tests.browser.fieldphone import field_phone
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.browser.test_field_faults import browser_of
from tests.browser.test_field_log import LANGUAGES, SMALL_TARGETS

THUMB = 2 / 3  # of the height of a phone, below which a thumb reaches everything
# From the top of the screen, and its height.
BOX = "(one) => { const box = one.getBoundingClientRect(); return [box.top, box.bottom, innerHeight]; }"


def too_pale(page):
    """Texts below 7:1, or 4.5:1 where they are large (WCAG 2.2, 1.4.6)."""
    enhanced = {"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}}
    found = Axe().run(page, options=enhanced).response
    assert found["passes"], "nothing was measured"
    return [node["html"][:200] for violation in found["violations"] for node in violation["nodes"]]


def test_a_browser_offers_to_install_it(tmp_path, browser, server, transactional_db, city):
    """In a profile on the disk, as a phone has one: a private window offers nothing."""
    with browser_of(tmp_path, browser, server) as phone:
        page = phone.open()
        page.locator("html[data-worker=ready]").wait_for()
        devtools = phone.context.new_cdp_session(page)
        assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        assert devtools.send("Page.getAppManifest")["errors"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thumb_reaches_what_three_taps_need(phone, language):
    """Theme, how pressing and Save stand on the screen as the app opens; Save where a thumb rests."""
    page = phone.show("more")
    page.locator(f"#language-{language}").tap()
    phone.show("log")
    page.locator("html[data-activity=idle]").wait_for()  # nothing comes that is drawn anew
    for name in ("t-housing", "severity-1", "severity-5", "save"):
        top, bottom, height = page.locator(f"#{name}").evaluate(BOX)
        assert 0 <= top < bottom <= height, name
    assert page.locator("#save").evaluate(BOX)[0] > THUMB * height
    foot = page.locator("#foot").evaluate(BOX)[0]
    assert page.locator("#severity-5").evaluate(BOX)[1] <= foot
    # What is said after it was saved stands over nothing that the next conversation begins with.
    phone.log()
    page.locator("#undo").wait_for()
    phone.waits(0)
    page.locator("html[data-activity=idle]").wait_for()
    assert page.locator("#severity-5").evaluate(BOX)[1] <= page.locator(".toast").evaluate(BOX)[0]


def test_all_can_be_read_in_the_sun(phone):
    page = phone.page
    page.locator("#t-housing").tap()
    page.locator("#note").fill("Call me: 333 1234567")
    page.locator("#more").tap()
    page.locator("#place").tap()
    page.locator("#s-more .card").wait_for()
    assert too_pale(page) == []
    page.locator("#note").fill("")
    phone.context.set_offline(True)
    phone.save()
    phone.waits(1)
    for view in ("log", "today", "coverage", "more"):
        phone.show(view)
        assert (view, too_pale(page)) == (view, [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_opens_has_no_barrier_either(phone, language):
    page = phone.page
    phone.show("more").locator(f"#language-{language}").tap()
    phone.show("log")
    page.locator("#t-housing").tap()
    page.locator("#another").tap()
    page.locator("#all-themes").tap()
    page.locator("#more").tap()
    page.locator("#s-more .card").wait_for()
    page.locator("#place").tap()
    page.locator("#place-search").wait_for()
    assert accessibility_violations(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    page.set_viewport_size({"width": 320, "height": 640})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) <= 0


@pytest.mark.parametrize(("language", "direction"), LANGUAGES.items())
def test_adding_a_phone_has_no_barrier_in_any_language(browser, server, transactional_db, city, language, direction):
    with field_phone(browser, server, language=language) as phone:
        page = phone.open("#enrol=no-such-code")
        page.locator(f"html[lang={language}][dir={direction}]").wait_for()
        page.locator("#enrol").tap()
        expect(page.locator("#enrol-error")).not_to_be_empty()
        assert accessibility_violations(page) == []
        assert page.evaluate(SMALL_TARGETS) == []
        assert too_pale(page) == []
        # Areas and themes came meanwhile, and drew nothing anew.
        page.locator("html[data-worker=ready]").wait_for()
        expect(page.locator("#enrol-error")).not_to_be_empty()
        phone.shoot(f"enrol-{language}")
        page.set_viewport_size({"width": 320, "height": 640})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) <= 0


def test_where_one_stands_says_how_people_are_met_and_stays_for_the_next(phone):
    page = phone.page
    for preset, channel in (("door", "door"), ("stall", "street"), ("desk", "venue_desk")):
        page.locator(f"#preset-{preset}").tap()
        phone.log()
        expect(page.locator(f"#preset-{preset}")).to_have_attribute("aria-pressed", "true")
        phone.waits(0)
        assert Conversation.objects.latest("received_at").channel == channel


def test_a_desk_is_in_a_venue_which_stays_chosen(browser, server, transactional_db, city, themes, listener):
    Venue.objects.create(code="b1", name="Biblioteca Uno", kind="library")
    with field_phone(browser, server) as phone:
        phone.enrol(listener)
        page = phone.page
        phone.waits(0)
        page.locator("html[data-activity=idle]").wait_for()
        page.locator("#preset-desk").tap()
        page.locator("#venue").select_option("b1")
        phone.log()
        phone.waits(0)
        assert Conversation.objects.get().venue.code == "b1"
        expect(page.locator("#venue")).to_have_value("b1")


def test_a_reload_in_the_middle_of_a_note_leaves_it_there(phone):
    page = phone.page
    page.locator("#t-housing").tap()
    page.locator("#note").press_sequentially("Piove in cas")
    page.locator("html[data-draft=kept]").wait_for()
    page.reload()
    expect(page.locator("#note")).to_have_value("Piove in cas")
    expect(page.locator("#t-housing")).to_have_attribute("aria-pressed", "true")


def test_a_keyboard_is_told_what_is_written(phone):
    """A note is dictated: sentences, in any direction, and nothing of it is offered to the next resident."""
    page = phone.page
    note = page.locator("#note")
    told = {name: note.get_attribute(name) for name in ("autocapitalize", "autocomplete", "enterkeyhint", "dir")}
    assert told == {"autocapitalize": "sentences", "autocomplete": "off", "enterkeyhint": "done", "dir": "auto"}
    page.locator("#place").tap()
    search = page.locator("#place-search")
    assert (search.get_attribute("type"), search.get_attribute("enterkeyhint")) == ("search", "search")
    size = note.evaluate("(one) => getComputedStyle(one).fontSize")
    assert float(re.sub("px", "", size)) >= 16  # below that, iOS enlarges the page around the field
