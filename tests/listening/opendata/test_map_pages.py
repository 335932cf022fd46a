"""The map for everybody in a browser: as the planners', and for people who are known to nobody."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.browser.test_map import COLOURS, ready

# The service first: what is made last is taken away first, and a browser keeps threads of the service waiting.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running")]
MAP = "/map/?layer=area&theme=rent&period=2026-Q2"
EMBEDDED = f"{MAP}&embed=1"


def test_the_map_comes_up_in_the_classes_of_the_table(visit):
    """That nothing of another origin is asked for, `visit` checks."""
    page = ready(visit(language="en").open(MAP))
    assert page.locator(".gl canvas").count() == 1
    classes = page.evaluate(COLOURS)
    assert len(classes) == 9
    assert {tuple(pair) for pair in classes.values() if pair[0] != pair[1]} == set()
    page.screenshot(path="var/screenshots/public-map-en.png", full_page=True)


def test_another_theme_is_another_map_without_loading_the_page_anew(visit):
    page = ready(visit(language="en").open(MAP))
    page.evaluate("document.querySelector('.gl canvas').dataset.kept = 'yes'")
    page.locator("#theme").select_option("mobility")
    page.get_by_role("heading", name="Mobility").wait_for()
    assert page.locator(".gl canvas[data-kept=yes]").count() == 1
    assert "theme=mobility" in page.url


def test_without_a_script_there_are_form_map_legend_and_table(visit):
    page = visit(language="en", javascript=False).open(MAP)
    assert page.locator("svg.map path[id^=area-]").count() == 9
    assert page.locator("svg.legend-bar").is_visible()
    assert page.locator("table tbody tr").count() == 9
    page.locator("#theme").select_option("mobility")
    page.locator("form.filters button").click()
    page.wait_for_url("**theme=mobility**")
    assert page.locator("h1").inner_text().startswith("Mobility")


@pytest.mark.parametrize("language", ["it", "en", "ar"])
@pytest.mark.parametrize("address", [MAP, EMBEDDED, "/map/?theme=nonsense"], ids=["map", "embedded", "mistake"])
def test_no_serious_barrier(visit, language, address):
    page = ready(visit(language=language).open(address))
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("address", [MAP, EMBEDDED])
def test_nothing_sticks_out_at_320_pixels(visit, address):
    page = visit(width=320, height=640).open(address)
    assert overflow(page) <= 0
    page.screenshot(path="var/screenshots/public-map-320.png", full_page=True)


@pytest.fixture
def another_site(server: str) -> Iterator[str]:
    """A page of somebody else that shows the map within itself."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<title>City</title><iframe src="{server}{EMBEDDED}" title="Map"></iframe>'.encode())

        def log_message(self, *args: object) -> None:
            """Nothing."""

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    thread.join()
    site.server_close()


def shown_within(browser, address):
    """The headings of the map as a page of another site shows it."""
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    frame = page.frames[-1]
    found = frame.locator("h1").all_inner_texts(), frame.locator("header").count(), frame.locator("form").count()
    context.close()
    return found


def test_a_site_that_the_city_names_shows_it_and_no_other_does(browser, another_site, settings):
    assert shown_within(browser, another_site)[0] != ["Rent · 2nd quarter 2026 · Area"]
    settings.EMBED_ORIGINS = [another_site]
    assert shown_within(browser, another_site) == (["Rent · 2nd quarter 2026 · Area"], 0, 1)


def test_what_is_embedded_leads_to_the_whole_page(visit):
    page = visit(language="en").open(EMBEDDED)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the whole page").click()
    whole = opened.value
    whole.wait_for_load_state()
    assert whole.url.endswith("/map/?theme=rent&period=2026-Q2&layer=area")
    assert whole.locator("header").count() == 1


def test_the_start_page_and_open_data_lead_there(visit):
    there = visit(language="en")
    for start in ("/", "/open/"):
        page = there.open(start)
        page.get_by_role("link", name="Published map").click()
        page.wait_for_url("**/map/")
        assert page.locator("svg.map").count() == 1
