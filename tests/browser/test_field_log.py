"""A listener's day with the field app: add the phone, log in three taps, change, take back, put right."""

import re

from PIL import Image
from playwright.sync_api import expect

from listening.attachments.models import Attachment
from listening.codelists.models import Theme
from listening.fieldwork.models import Device
from listening.records.models import Conversation, Tombstone
from tests.browser.fieldphone import field_phone
from tests.browser.test_dashboard import accessibility_violations, overflow

LANGUAGES = {"it": "ltr", "en": "ltr", "ar": "rtl"}
SMALL_TARGETS = """() => [...document.querySelectorAll(
    'button, select, textarea, summary, .file, .tick, input:not([type=file], [type=checkbox])')]
  .map((one) => [one.id || one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 47.5 || box.width < 47.5)).map(([name]) => name)"""


def only(records):
    (one,) = records
    return one


def test_it_works(phone, listener):
    devtools = phone.context.new_cdp_session(phone.page)
    found = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in found] == ["in-incognito"]  # as every context of a test is
    assert devtools.send("Page.getAppManifest")["errors"] == []
    phone.shoot("log")
    phone.log()
    phone.shoot("saved")
    phone.waits(0)
    conversation = only(Conversation.objects.all())
    assert (conversation.listener, conversation.district.code, conversation.place) == (listener, "5", "district")
    assert (conversation.channel, conversation.language, conversation.location) == ("street", "it", None)
    finding = only(conversation.findings.all())
    assert (finding.kind, finding.severity, [theme.code for theme in finding.themes.all()]) == ("need", 4, ["housing"])
    page = phone.show("today")
    assert page.locator(".item[data-standing=sent]").count() == 1
    phone.shoot("today")
    assert "1 of 9" in phone.show("coverage").locator("main").inner_text()
    phone.shoot("coverage")
    with page.expect_download() as saved:
        phone.show("more").locator("#export").tap()
    assert re.fullmatch(r"listening-[\dT-]+\.json", saved.value.suggested_filename)
    phone.shoot("more")


def test_all_that_can_be_said_arrives(phone):
    page = phone.page
    page.locator("#preset-door").tap()
    page.locator("#language").select_option("ar")
    page.locator("#all-themes").tap()
    page.locator("#t-rent").tap()
    page.locator("#severity-5").tap()
    page.locator("#note").fill("L'affitto è troppo alto. Chiamami al 333 1234567.")
    assert "telephone" in page.locator("#s-note .warning").inner_text()
    page.locator("#note").fill("L'affitto è troppo alto.")
    assert not page.locator("#s-note .warning").is_visible()
    page.locator("#another").tap()
    page.locator("#t-mobility").tap()
    page.locator("#kind-proposal").tap()
    page.locator("#more").tap()
    page.locator("#people-more").tap()
    page.get_by_role("button", name="65 and over: one more").tap()
    page.locator("#counted").uncheck()
    page.locator("#place").tap()
    page.locator("#place-search").fill("AREA 9")
    page.locator("#p-9").tap()
    phone.shoot("all")
    phone.save()
    phone.waits(0)
    conversation = only(Conversation.objects.all())
    assert (conversation.channel, conversation.language, conversation.district.code) == ("door", "ar", "9")
    assert (conversation.people_count, conversation.may_be_counted) == (2, False)
    assert [(band.variable, band.band, band.people) for band in conversation.bands.all()] == [("age", "65+", 1)]
    said = [
        (one.kind, one.text, one.severity, [theme.code for theme in one.themes.all()])
        for one in conversation.findings.all()
    ]
    assert said == [("need", "L'affitto è troppo alto.", 5, ["rent"]), ("proposal", "", None, ["mobility"])]


def test_undo_takes_back_what_waits_and_what_was_sent(phone):
    phone.context.set_offline(True)
    phone.log()
    phone.waits(1)
    phone.page.locator("#undo").tap()
    phone.waits(0)
    phone.context.set_offline(False)
    phone.log()
    phone.waits(0)
    assert Conversation.objects.count() == 1
    phone.page.locator("#undo").tap()
    phone.said("Taken back")
    phone.waits(0)
    assert (Conversation.objects.count(), Tombstone.objects.count()) == (0, 1)
    assert phone.show("today").locator(".item").count() == 0


def test_what_was_logged_is_changed_before_and_after_it_was_sent(phone):
    page = phone.page
    phone.context.set_offline(True)
    phone.log(severity=1)
    phone.show("today").locator(".item").tap()
    page.locator("#severity-3").tap()
    phone.save()
    phone.context.set_offline(False)
    phone.waits(0)
    conversation = only(Conversation.objects.all())
    assert (conversation.version, only(conversation.findings.all()).severity) == (1, 3)
    page.locator(".item[data-standing=sent]").tap()
    page.locator("#t-health").tap()
    page.locator("#t-housing").tap()
    page.locator("#preset-desk").tap()
    phone.save()
    phone.waits(0)
    conversation.refresh_from_db()
    assert conversation.channel == "venue_desk"
    assert [theme.code for theme in only(conversation.findings.all()).themes.all()] == ["health"]
    assert "Health" in page.locator(".item[data-standing=sent]").inner_text()
    page.locator(".item").tap()
    page.locator("#delete").tap()
    page.locator("#delete").tap()
    phone.said("Deleted")
    phone.waits(0)
    assert (Conversation.objects.count(), Tombstone.objects.count()) == (0, 1)


def test_one_bad_entry_leaves_the_others_alone_and_is_put_right(phone):
    page = phone.page
    phone.context.set_offline(True)
    phone.log()
    # A theme got another code while the phone was away.
    page.locator("#t-mobility").tap()
    phone.save()
    phone.waits(2)
    Theme.objects.filter(code="mobility").update(code="transport")
    phone.context.set_offline(False)
    phone.waits(0)
    assert Conversation.objects.count() == 1
    page = phone.show("today")
    trouble = page.locator(".trouble")
    assert "mobility" in trouble.inner_text()
    expect(page.locator("#nav-today .badge")).to_have_text("1")
    phone.shoot("attention")
    trouble.get_by_role("button", name="Put right").tap()
    page.locator("#t-mobility").tap()
    page.locator("#t-housing").tap()
    phone.save()
    phone.waits(0)
    page.locator(".trouble").wait_for(state="detached")
    assert Conversation.objects.count() == 2


def test_a_clash_is_shown_until_it_was_read(phone, coordinator, client_of):
    page = phone.page
    phone.log()
    phone.waits(0)
    phone.context.set_offline(True)
    phone.show("today").locator(".item").tap()
    page.locator("#preset-desk").tap()
    phone.save()
    conversation = only(Conversation.objects.all())
    elsewhere, address = client_of(coordinator), f"/api/v1/conversations/{conversation.pk}"
    etag = elsewhere.get(address).headers["ETag"]
    assert elsewhere.patch(address, {"channel": "event"}, headers={"If-Match": etag}).status_code == 200
    phone.context.set_offline(False)
    phone.waits(0)
    conversation.refresh_from_db()
    assert conversation.channel == "event"
    page.locator(".trouble").get_by_role("button", name="Understood").tap()
    page.locator(".trouble").wait_for(state="detached")


def test_no_serious_barrier_nothing_sticks_out_and_a_thumb_hits(phone):
    page = phone.page
    for language, direction in LANGUAGES.items():
        phone.show("more").locator(f"#language-{language}").tap()
        page.locator(f"html[lang={language}][dir={direction}]").wait_for()
        phone.show("log")
        page.locator("#more").tap()
        phone.log()
        phone.waits(0)
        for view in ("log", "today", "coverage", "more"):
            phone.show(view)
            phone.shoot(f"{view}-{language}")
            assert (language, view, accessibility_violations(page)) == (language, view, [])
            assert (language, view, page.evaluate(SMALL_TARGETS)) == (language, view, [])
            page.set_viewport_size({"width": 320, "height": 640})
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert (language, view, overflow(page) <= 0) == (language, view, True)
            phone.shoot(f"{view}-{language}-320-large")
            page.evaluate("document.documentElement.style.fontSize = ''")
            page.set_viewport_size({"width": 390, "height": 844})


def test_the_page_to_add_a_phone_has_no_barrier(browser, server, transactional_db, city):
    with field_phone(browser, server) as phone:
        page = phone.open("#enrol=no-such-code")
        assert page.locator("#code").input_value() == "no-such-code"
        assert accessibility_violations(page) == []
        assert page.evaluate(SMALL_TARGETS) == []
        page.locator("#enrol").tap()
        expect(page.locator("#enrol-error")).to_contain_text("does not hold")
        phone.shoot("enrol")
        assert Device.objects.count() == 0


def test_a_photo_goes_along_and_leaves_the_phone_when_it_has_arrived(phone, tmp_path):
    picture = tmp_path / "bench.jpg"
    Image.effect_noise((640, 480), 80).save(picture, quality=90)
    page = phone.page
    page.locator("#more").tap()
    page.locator("#photo").set_input_files(picture)
    page.get_by_role("button", name="Remove the photo").wait_for()
    phone.log()
    phone.waits(0, 40)
    attachment = only(Attachment.objects.all())
    assert attachment.conversation_id == only(Conversation.objects.all()).pk
    assert attachment.state == "complete"
