"""The views in a browser: reachable by keyboard, free of serious barriers, narrow, saved as a picture, and quick."""

import io
import re

import pytest
from PIL import Image

from listening.dashboard.reading import VIEWS
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.browser.test_map import ready

DASHBOARD = "/dashboard/?layer=area&theme=rent&period=2026-Q2"


@pytest.mark.parametrize("language", ["it", "en", "ar"])
def test_no_serious_barrier_in_any_view(listened, visit, language):
    there = visit(language=language)
    there.sign_in()
    found = {}
    for view in VIEWS:
        page = there.open(f"{DASHBOARD}&view={view}&place=1")
        if view != "trend":
            ready(page)
        page.screenshot(path=f"var/screenshots/{view}-{language}.png", full_page=True)
        found[view] = accessibility_violations(page)
    assert {view: said for view, said in found.items() if said} == {}


@pytest.mark.parametrize("language", ["it", "en", "ar"])
def test_no_view_sticks_out_at_320_pixels(listened, visit, language):
    there = visit(language=language, width=320, height=640)
    there.sign_in()
    wide = {view: overflow(there.open(f"{DASHBOARD}&view={view}&place=1")) for view in VIEWS}
    assert wide == dict.fromkeys(VIEWS, 0)


def test_without_a_script_tabs_lead_from_view_to_view(listened, visit):
    there = visit(language="en", javascript=False)
    there.sign_in()
    page = there.open(DASHBOARD)
    page.get_by_role("link", name="Coverage").click()
    page.wait_for_url("**view=coverage**")
    assert page.locator("svg.map path.heard-1, svg.map path.thin, svg.map path.none").count() == 9
    page.get_by_role("link", name="More of Area 1").click()
    assert page.locator("aside.panel h2").inner_text() == "Area 1"


def test_the_keyboard_reaches_tab_filter_map_place_and_picture(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    wanted = ["tab-change", "theme", "period", "maplibregl-canvas", "save-png"]
    assert [one for one in wanted if not any(one in each for each in reached)] == []
    assert any(re.match("profile-", one) for one in reached)
    page.locator("#tab-coverage").focus()
    page.keyboard.press("Enter")
    page.locator("#tab-coverage[aria-current=page]").wait_for()
    assert page.evaluate("document.activeElement.id") == "tab-coverage"


def test_clicking_an_area_of_the_map_tells_of_the_place(listened, visit):
    there = visit(language="en", height=1600)
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    box = page.locator(".gl canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.15, box["y"] + box["height"] * 0.85)
    page.locator("aside.panel").wait_for()
    assert page.locator("aside.panel h2").inner_text() == "Area 1"
    assert "place=1" in page.url
    page.go_back()
    page.locator("aside.panel").wait_for(state="detached")


def test_two_periods_have_two_maps_that_move_together(listened, visit):
    there = visit(language="en", height=1800)
    there.sign_in()
    page = ready(there.open(f"{DASHBOARD}&view=compare"))
    assert page.locator(".gl canvas").count() == 2
    page.locator("#tab-need").click()
    page.locator("#tab-need[aria-current=page]").wait_for()
    assert page.locator(".gl canvas").count() == 1


def saved(page, name):
    with page.expect_download() as download:
        page.locator(f"#save-{name}").click()
    with open(download.value.path(), "rb") as file:
        return file.read()


def test_the_picture_that_is_saved_has_map_title_and_legend(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    picture = Image.open(io.BytesIO(saved(page, "png"))).convert("RGB")
    assert picture.width == 2400
    colours = {colour for count, colour in picture.getcolors(1 << 24) if count > 2000}
    classes = {(0xF6, 0xE5, 0x8D), (0xCD, 0xB9, 0x64), (0x91, 0x8C, 0x79), (0x55, 0x60, 0x7A), (0x0B, 0x23, 0x49)}
    assert classes <= colours
    text = saved(page, "svg").decode()
    assert "Rent · 2nd quarter 2026 · Area" in text
    assert "class=" not in text
    assert "CC0-1.0" in text


def test_the_drawing_is_ready_on_a_slow_network(listened, visit):
    """Bytes, not seconds: 60 kB are what three seconds of Slow 3G bring, and tests run on machines of all speeds."""
    there = visit(language="en")
    there.sign_in()
    page = there.page
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    sizes = {}
    requests = {}
    session.on("Network.responseReceived", lambda told: requests.update({told["requestId"]: told["response"]["url"]}))
    session.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    page.route("**/webclients/*", lambda route: route.abort())
    page.goto(there.server + DASHBOARD, wait_until="networkidle")
    assert page.locator("svg.map").is_visible()
    assert page.locator("table").is_visible()
    needed = {url: sizes[at] for at, url in requests.items() if at in sizes and not url.endswith(".js")}
    assert 0 < sum(needed.values()) <= 60_000
    assert not [url for url in needed if not url.startswith(there.server)]


def test_the_need_map_looks_as_it_did(listened, visit):
    """A golden picture, coarse enough for another version of the browser; a class elsewhere is another picture."""
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    canvas = (
        Image.open(io.BytesIO(page.locator(".gl").screenshot())).convert("RGB").resize((9, 12), Image.Resampling.BOX)
    )
    canvas.save("var/screenshots/golden-now.png")
    golden = Image.open("tests/browser/need-map.png").convert("RGB")
    pairs = zip(canvas.tobytes(), golden.tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) < 16, "look at var/screenshots/golden-now.png; copy it when it is right"
