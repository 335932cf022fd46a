"""My places: how much of this month's part was listened where, with and without a network."""

import pytest
from playwright.sync_api import expect

from districts.models import Population
from tests.browser.fieldphone import field_phone
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.browser.test_field_log import LANGUAGES
from tests.people import person


@pytest.fixture
def phone(browser, server, transactional_db, city, themes):
    """Of somebody who listens in area 5 alone. 1,000 residents in each of nine areas: 3,000 / 9 / 12 a month."""
    Population.objects.bulk_create(
        Population(district=city.area(n), year=2025, source="Drawn for tests", residents=1000) for n in range(1, 10)
    )
    with field_phone(browser, server) as made:
        made.enrol(person("bruno", "listener", within=city.area(5)))
        yield made


def test_a_listener_s_areas_show_what_was_held_of_their_part_of_this_month(phone):
    for _ in range(2):
        phone.log()
    phone.waits(0)
    page = phone.show("coverage")
    expect(page.locator("#month li")).to_have_count(1)
    expect(page.locator("#month li")).to_contain_text("Area 5")
    expect(page.locator("#month li b")).to_have_text("2 of 28")
    expect(page.locator("#month")).to_contain_text("3,000 conversations a year")
    # The last answer is kept, with the day on which it was one.
    told = page.locator("#month .hint").inner_text()
    phone.context.set_offline(True)
    phone.open()
    phone.log()
    phone.show("coverage")
    expect(page.locator("#month li b")).to_have_text("3 of 28")
    expect(page.locator("#month .hint")).to_have_text(told)
    for language in LANGUAGES:
        phone.show("more").locator(f"#language-{language}").tap()
        page.locator(f"html[lang={language}]").wait_for()
        phone.show("coverage")
        page.locator("#month").scroll_into_view_if_needed()
        assert (language, accessibility_violations(page)) == (language, [])
        phone.shoot(f"targets-{language}")
        page.set_viewport_size({"width": 320, "height": 640})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert (language, overflow(page) <= 0) == (language, True)
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size({"width": 390, "height": 844})
