"""The map over the drawing: the same places in the same classes, and the drawing where there is no map."""

import re

import pytest

from backend.webclients import addresses
from tests.browser.conftest import CHROMIUM, FLAGS

DASHBOARD = "/dashboard/?layer=area&theme=rent&period=2026-Q2"
COLOURS = """() => {
  const [drawn, mapped] = [{}, {}];
  for (const path of document.querySelectorAll("svg.map path[data-place]")) {
    const row = document.querySelector(`tr[data-place="${path.dataset.place}"] .swatch path`);
    drawn[path.dataset.place] = [path.getAttribute("class"), row.getAttribute("class")];
  }
  return drawn;
}"""


def ready(page):
    page.locator("html[data-map=ready]").wait_for(state="attached", timeout=15_000)
    return page


def requests_of(page, path):
    """Requests to a path from now on, as they are made."""
    asked = []
    page.on("request", lambda request: asked.append(request.url) if path in request.url else None)
    return asked


def test_the_map_comes_up_over_the_drawing(listened, visit):
    there = visit()
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    assert page.locator(".gl canvas").count() == 1
    assert page.locator("svg.map").evaluate("element => getComputedStyle(element).visibility") == "hidden"
    assert page.locator(".gl canvas").get_attribute("aria-label").startswith("Mappa.")
    page.screenshot(path="var/screenshots/need-map-it.png", full_page=True)


def test_the_classes_of_map_and_table_agree(listened, visit):
    there = visit()
    there.sign_in()
    classes = ready(there.open(DASHBOARD)).evaluate(COLOURS)
    assert len(classes) == 9
    for drawn, told in classes.values():
        assert drawn == told


def test_pointing_at_the_map_lights_the_row_and_says_what_stands_there(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.locator(".source").first.scroll_into_view_if_needed()
    box = page.locator(".gl canvas").bounding_box()
    # Area 1 is the south-west of nine squares.
    page.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + box["height"] * 0.85)
    page.locator("tbody tr.lit").wait_for()
    assert page.locator("tbody tr.lit").inner_text().startswith("Area 1")
    assert page.locator(".tip").inner_text().startswith("Area 1: 49%")
    page.locator("h1").hover()
    page.locator("tbody tr.lit").wait_for(state="detached")


def test_another_theme_takes_one_request_and_keeps_the_map(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.evaluate("document.querySelector('.gl canvas').dataset.kept = 'yes'")
    asked = requests_of(page, there.server)
    page.locator("#theme").focus()
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    assert [url for url in asked if "/static/" not in url] == [
        f"{there.server}/dashboard/?theme=mobility&kind=&period=2026-Q2&layer=area&shading=both"
    ]
    assert page.locator(".gl canvas[data-kept=yes]").count() == 1
    assert page.evaluate("document.activeElement.id") == "theme"
    assert "theme=mobility" in page.url
    assert page.title().startswith("Mobility")
    assert page.locator("svg.map path.c2").count() == 1


def test_a_second_choice_ends_the_first(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.evaluate("""() => {
      const theme = document.getElementById("theme");
      for (const code of ["health", "mobility"]) {
        theme.value = code;
        theme.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }""")
    page.get_by_role("heading", name="Mobility").wait_for()
    assert ["theme=health" in url for url in failed] == [True]
    assert page.locator("#trouble").is_hidden()


def test_back_and_a_second_browser_show_the_same(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    page.locator(".gl canvas").focus()
    page.keyboard.press("+")
    page.wait_for_url(re.compile(r"#[\d.]+/[\d.]+/[\d.]+$"))
    other = visit(language="en")
    other.sign_in()
    assert "Mobility" in ready(other.open(page.url.removeprefix(there.server))).locator("h1").inner_text()
    assert other.page.url == page.url
    page.go_back()
    page.get_by_role("heading", name="Rent").wait_for()
    assert "theme=rent" in page.url


def test_what_cannot_be_loaded_is_said_and_what_was_stays(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.route("**/dashboard/?theme=mobility*", lambda route: route.fulfill(status=503, body="busy"))
    page.locator("#theme").select_option("mobility")
    page.locator("#trouble:visible").wait_for()
    assert "The service did not answer" in page.locator("#trouble").inner_text()
    assert "Rent" in page.locator("h1").inner_text()
    page.context.set_offline(True)
    page.locator("#theme").select_option("health")
    page.get_by_text("There is no network").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="Health").wait_for()
    assert page.locator("#trouble").is_hidden()


def test_who_was_signed_out_meanwhile_signs_in_and_is_back_there(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.context.clear_cookies()
    page.locator("#theme").select_option("mobility")
    page.wait_for_url(re.compile(r"/login/\?next=/dashboard/%3Ftheme%3Dmobility"))


def test_without_the_library_the_drawing_has_all_filters(listened, visit, monkeypatch, tmp_path):
    monkeypatch.setattr(addresses, "FOLDER", tmp_path)
    there = visit(language="en")
    there.sign_in()
    page = there.open(DASHBOARD)
    page.locator("html[data-map=drawing]").wait_for(state="attached")
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    assert page.locator("svg.map").is_visible()
    assert page.locator(".gl").count() == 0


def test_a_library_that_does_not_load_leaves_the_drawing(listened, visit):
    there = visit(language="en")
    there.sign_in()
    there.page.route("**/maplibre-gl.mjs", lambda route: route.abort())
    page = there.open(DASHBOARD)
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("data-map") == "drawing"
    assert page.locator("svg.map").is_visible()


def test_on_a_network_paid_by_volume_the_map_waits_to_be_asked_for(listened, visit):
    there = visit(language="en")
    there.page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    there.sign_in()
    asked = requests_of(there.page, "maplibre-gl")
    page = there.open(DASHBOARD)
    page.wait_for_load_state("networkidle")
    assert asked == []
    page.get_by_role("button", name="Interactive map").click()
    ready(page)


@pytest.fixture(scope="module")
def without_webgl(browser):
    """A browser that cannot draw in three dimensions, as on old machines; as long as the tests of this module."""
    flags = [flag for flag in FLAGS if "angle" not in flag and "swiftshader" not in flag]
    flags += ["--disable-gpu", "--disable-software-rasterizer", "--disable-3d-apis"]
    blind = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    yield blind
    blind.close()


def test_without_webgl_the_drawing_has_all_filters(listened, visit, without_webgl):
    there = visit(language="en", instead=without_webgl)
    there.sign_in()
    page = there.open(DASHBOARD)
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("data-map") == "drawing"
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    assert page.locator("svg.map").is_visible()


def test_a_picture_that_the_machine_takes_away_leaves_the_drawing_and_comes_back(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.evaluate("""() => {
      const canvas = document.querySelector(".gl canvas");
      (canvas.getContext("webgl2") ?? canvas.getContext("webgl")).getExtension("WEBGL_lose_context").loseContext();
    }""")
    page.locator("html[data-map=drawing]").wait_for(state="attached")
    assert page.locator("svg.map").is_visible()
    assert page.locator(".gl").count() == 0
    page.get_by_role("button", name="Interactive map").click()
    ready(page)
    assert page.locator(".gl canvas").count() == 1
    assert page.locator(".open-map").count() == 0


def test_colours_of_certainty_are_those_of_the_map(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.locator("#shading").select_option("certainty")
    page.locator("svg.map path.sure-1").first.wait_for(state="attached")
    assert "shading=certainty" in page.url
    drawn = page.evaluate(COLOURS)
    assert {tuple(pair) for pair in drawn.values() if pair[0] != pair[1]} == set()
    page.screenshot(path="var/screenshots/certainty-en.png", full_page=True)


def test_a_drawing_is_one_stop_of_the_keyboard_and_arrows_walk_its_places(listened, visit, without_webgl):
    """Squareville is nine squares, area 1 in the south-west, area 9 in the north-east."""
    there = visit(language="en", instead=without_webgl)
    there.sign_in()
    page = there.open(DASHBOARD)
    page.locator("html[data-map=drawing]").wait_for(state="attached")
    assert page.locator("svg.map a[tabindex='0']").count() == 1
    page.locator("svg.map a[tabindex='0']").focus()
    walked = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.querySelector('title').textContent.split(':')[0]"))
    assert walked[3:] == ["Area 1", "Area 2", "Area 5", "Area 8", "Area 8"]
    assert page.locator("svg.map a[tabindex='0']").count() == 1
    assert page.locator("tbody tr.lit").inner_text().startswith("Area 8")
    page.keyboard.press("Enter")
    assert page.locator("tbody tr:target").inner_text().startswith("Area 8")


def test_the_link_is_copied_where_a_script_may(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = ready(there.open(DASHBOARD))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Link copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    without = visit(language="en", javascript=False)
    without.sign_in()
    assert without.open(DASHBOARD).locator("#copy-link").is_hidden()


def test_an_answer_that_does_not_come_and_too_many_questions_are_said(listened, visit):
    """The clock of the page is turned on; nobody waits for twenty seconds."""
    there = visit(language="en")
    there.sign_in()
    there.page.clock.install()
    page = ready(there.open(DASHBOARD))
    page.route("**/dashboard/?theme=mobility*", lambda route: None)
    with page.expect_request("**/dashboard/?theme=mobility*"):
        page.locator("#theme").select_option("mobility")
    page.clock.fast_forward(21_000)
    page.get_by_text("The service did not answer").wait_for()
    page.route("**/dashboard/?theme=health*", lambda route: route.fulfill(status=429, body="wait"))
    page.locator("#theme").select_option("health")
    page.get_by_text("Too many questions at once").wait_for()
    assert "Rent" in page.locator("h1").inner_text()
    assert page.locator("tbody tr").count() == 9
