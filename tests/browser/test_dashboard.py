import pytest
from axe_playwright_python.sync_playwright import Axe

DASHBOARD = "/dashboard/?layer=area&theme=rent&period=2026"


def accessibility_violations(page):
    """Serious and critical findings of axe, with the elements they are about."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_without_a_script_there_are_form_map_legend_and_table(listened, visit):
    there = visit(javascript=False)
    there.sign_in()
    page = there.open(DASHBOARD)
    assert page.locator("form.filters select").count() == 5
    assert page.locator("svg.map path[id^=area-]").count() == 9
    assert page.locator("svg.legend-bar").is_visible()
    assert page.locator("table tbody tr").count() == 9
    box = page.locator("svg.map").bounding_box()
    assert box["width"] > 300
    assert box["height"] > 300


def test_without_a_script_changing_the_filter_changes_map_table_and_sentence(listened, visit):
    there = visit(javascript=False)
    there.sign_in()
    page = there.open(DASHBOARD)
    classes = {name: page.locator(f".map a .{name}").count() for name in ("wide-5", "c2")}
    assert classes == {"wide-5": 1, "c2": 0}
    page.locator("#theme").select_option("mobility")
    page.locator("form.filters button").click()
    page.wait_for_url("**theme=mobility**")
    assert {name: page.locator(f".map a .{name}").count() for name in ("wide-5", "c2")} == {"wide-5": 0, "c2": 1}
    assert "Mobilità" in page.locator("[role=status]").inner_text()
    assert page.locator("tbody tr").first.inner_text().startswith("Area 7")


def test_the_textures_are_painted_not_only_declared(listened, visit):
    there = visit()
    there.sign_in()
    page = there.open(DASHBOARD)
    fills = {
        name: page.locator(f".map a .{name}").first.evaluate("element => getComputedStyle(element).fill")
        for name in ("c1", "wide-5", "thin", "none")
    }
    assert fills["c1"].startswith("rgb(")
    assert "#wide-5" in fills["wide-5"]
    assert "#hatch" in fills["thin"]
    assert "#dots" in fills["none"]


def test_an_area_leads_to_its_row_and_the_row_to_its_area(listened, visit):
    there = visit(javascript=False)
    there.sign_in()
    page = there.open(DASHBOARD)
    page.locator(".map a .wide-5").click()
    row = page.locator("tbody tr:target")
    assert row.inner_text().startswith("Area 1")
    row.locator("a").first.click()
    assert page.locator(".map path:target").get_attribute("class") == "wide-5"


def test_pointing_at_a_row_lights_its_area(listened, visit):
    there = visit()
    there.sign_in()
    page = there.open(DASHBOARD)
    page.locator("tbody tr").first.hover()
    page.locator(".map path.wide-5.lit").wait_for(state="attached")
    page.locator("h1").hover()
    page.locator(".map path.lit").wait_for(state="detached")


def test_the_keyboard_reaches_the_table_by_the_skip_link_and_sorts_it(listened, visit):
    there = visit(language="en")
    there.sign_in()
    page = there.open(DASHBOARD)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the table"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Place"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending]").wait_for()
    assert page.locator("tbody tr").first.inner_text().startswith("Area 1")


@pytest.mark.parametrize("language", ["it", "en", "ar"])
@pytest.mark.parametrize(
    "path",
    [DASHBOARD, "/dashboard/?theme=", "/dashboard/?period=2024", "/dashboard/?theme=nonsense", "/"],
    ids=["map", "listening", "empty", "mistake", "start"],
)
def test_no_serious_barrier(listened, visit, language, path):
    there = visit(language=language)
    there.sign_in()
    page = there.open(path)
    assert page.locator("html").get_attribute("lang") == language
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("language", ["it", "en", "ar"])
def test_no_serious_barrier_at_the_entrance(db, visit, language):
    there = visit(language=language)
    for path in ("/login/", "/nowhere"):
        assert accessibility_violations(there.open(path)) == []


@pytest.mark.parametrize("language", ["it", "en", "ar"])
def test_nothing_sticks_out_at_320_pixels(listened, visit, language):
    there = visit(language=language, width=320, height=640)
    there.sign_in()
    for path in (DASHBOARD, "/dashboard/?theme=&layer=zona", "/dashboard/?theme=nonsense", "/", "/nowhere"):
        assert overflow(there.open(path)) <= 0, path


def test_signing_in_keeps_the_address_and_signing_out_ends_it(listened, visit):
    there = visit()
    page = there.open(DASHBOARD)
    assert "/login/" in page.url
    page.locator("#id_username").fill("dario")
    page.locator("#id_password").fill("wrong")
    page.keyboard.press("Enter")
    page.locator("[role=alert]").wait_for()
    page.locator("#id_password").fill("a-long-test-password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/?layer=area&theme=rent&period=2026")
    page.get_by_role("button", name="Esci").click()
    page.wait_for_url("**/login/")
    assert "/login/" in there.open("/dashboard/").url


def test_the_language_changes_in_place(listened, visit):
    there = visit()
    there.sign_in()
    page = there.open(DASHBOARD)
    page.get_by_role("button", name="English").click()
    page.locator("html[lang=en]").wait_for(state="attached")
    assert page.url.endswith(DASHBOARD)
    assert "conversations stand behind this map" in page.locator("[role=status]").inner_text()


def test_in_print_there_are_map_and_table_but_no_controls(listened, visit):
    there = visit()
    there.sign_in()
    page = there.open(DASHBOARD)
    page.emulate_media(media="print")
    for shown in ("svg.map", "svg.legend-bar", "table", ".source >> nth=0", "h1"):
        assert page.locator(shown).is_visible(), shown
    for hidden in ("form.filters", ".downloads", ".languages", ".skip >> nth=0"):
        assert not page.locator(hidden).is_visible(), hidden
    assert page.pdf().startswith(b"%PDF-")
