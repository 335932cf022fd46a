"""What a person sees: pages that work without scripts, can be read by everybody and fit on a phone."""

from __future__ import annotations

import pytest

from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.listening.opendata.world import NEWEST

# The service first: what is made last is taken away first, and a browser keeps threads of the service waiting.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running")]
ADDRESSES = [
    "/open/", "/open/conformance", "/open/collections", "/open/collections/need-map-latest", "/open/releases/",
    "/open/collections/need-map-latest/items?layer=area&theme=rent", "/open/collections/need-map-latest/queryables",
    "/open/collections/cells-latest/items", "/open/collections/need-map-latest/tiles", f"/open/releases/{NEWEST}/",
    "/open/nowhere",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_can_read_it(visit, address, language):
    page = visit(javascript=True, language=language).open(address)
    assert page.locator("html").get_attribute("lang") == language
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("language", ["it", "ar"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_it_fits_on_a_phone(visit, address, language):
    page = visit(language=language, width=360, height=740, javascript=False).open(address)
    assert overflow(page) <= 0
    assert page.locator("h1").inner_text()


def test_a_person_finds_a_feature_without_scripts(visit):
    page = visit(javascript=False, language="en").open("/open/")
    page.get_by_role("link", name="Collections").last.click()
    page.get_by_role("link", name="Features of Need map, newest release").click()
    assert "25 of 64 features" in page.locator("main").inner_text()
    assert page.locator("svg path").count() > 1
    page.get_by_role("link", name="Next page").first.click()
    assert page.locator("tbody tr").count() == 25
    page.locator("tbody a").first.click()
    assert page.locator("dl.facts dt").count() > 10


def test_the_api_can_be_read_under_the_strict_policy(visit):
    """No script and no style stands in the page: `visit` fails for a violation of the policy."""
    page = visit(language="en").open("/open/api?f=html")
    page.locator(".opblock-summary-path").first.wait_for()
    assert page.locator(".opblock").count() > 10


def test_pages_speak_italian(visit):
    page = visit(language="it").open("/open/collections/need-map-latest")
    assert "Mappa dei bisogni, ultima pubblicazione" in page.locator("h1").inner_text()


def test_the_map_for_everybody_runs_from_right_to_left_in_arabic(visit):
    for width in (320, 1280):
        page = visit(language="ar", width=width).open("/map/?layer=area&theme=rent&period=2026-Q2")
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert accessibility_violations(page) == []
        assert overflow(page) <= 0
