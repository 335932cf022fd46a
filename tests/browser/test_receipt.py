"""The page of residents as they use it: in three languages, on a small phone, by keyboard alone, without a script."""

import pytest

from listening.capture.accept import accept
from listening.capture.submission import Agreed
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Withdrawal
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.listening.submissions import conversation, heard

PAGE = "/receipt/"
LANGUAGES = {
    "it": ("ltr", "La tua ricevuta", "Affitto"),
    "en": ("ltr", "Your receipt", "Rent"),
    "ar": ("rtl", "إيصالك", "Affitto"),  # a theme without a label in Arabic has that of the city
}


@pytest.fixture
def code(city, themes, listener):
    code = new_code()
    told = conversation(
        listener, heard("need", themes["rent"]), receipt=digest_of(read_code(code)),
        consents=(Agreed("quote", "spoken", "1"),),
    )  # fmt: skip
    accept(told, by=listener)
    return code


def sound(page):
    """Nothing that a screen reader or a small phone cannot cope with."""
    assert accessibility_violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_serious_barrier_and_nothing_sticks_out_on_any_of_the_pages(code, visit, language, width):
    direction, title, theme = LANGUAGES[language]
    page = visit(language=language, width=width, height=700, javascript=True).open(PAGE)
    assert page.locator("html").evaluate("root => [root.lang, root.dir || 'ltr']") == [language, direction]
    assert page.locator("h1").inner_text() == title
    sound(page)
    page.locator("#code").fill("0000-0000")
    page.locator("main form button").click()
    assert page.locator("[role=alert]").is_visible()
    assert page.locator("#code").get_attribute("aria-invalid") == "true"
    sound(page)
    page.locator("#code").fill(code)
    page.locator("main form button").click()
    page.locator("main dl").wait_for()
    assert theme in page.locator("main ul").inner_text()
    sound(page)
    page.goto(page.url)
    page.locator("#code").fill(code)
    page.locator("#wish-deletion").check()
    page.locator("#sure").check()
    page.locator("main form button").click()
    page.locator("main [role=status]").wait_for()
    sound(page)
    assert Withdrawal.objects.count() == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_it_is_withdrawn_with_the_keyboard_alone(code, visit, javascript):
    page = visit(language="en", width=320, javascript=javascript).open(PAGE)
    reached = []

    def focused():
        return page.evaluate("document.activeElement.id || document.activeElement.className")

    def tab_to(wanted):
        for _ in range(20):
            page.keyboard.press("Tab")
            reached.append(focused())
            if reached[-1] == wanted:
                # Where one is can be seen.
                width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
                assert width >= 2, wanted
                return
        pytest.fail(f"{wanted} is not reached: {reached}")

    tab_to("skip")
    tab_to("code")
    page.keyboard.type(code.lower())
    tab_to("wish-copy")
    page.keyboard.press("ArrowDown")
    assert page.locator("#wish-deletion").is_checked()
    tab_to("sure")
    page.keyboard.press("Space")
    tab_to("button")
    page.keyboard.press("Enter")
    page.locator("main [role=status]").wait_for()
    assert Withdrawal.objects.count() == 1


def test_a_language_is_chosen_and_stays(code, visit):
    page = visit(language="en", javascript=False).open(PAGE)
    page.locator(".languages button[lang=ar]").click()
    page.locator("html[dir=rtl]").wait_for()
    page.locator("#code").fill(code)
    page.locator("main form button").click()
    page.locator("main dl").wait_for()
    assert page.locator("html").get_attribute("lang") == "ar"
    assert page.locator(".languages [aria-current]").get_attribute("lang") == "ar"


def test_a_scanned_card_fills_in_its_code_and_leaves_no_trace_in_the_address(visit):
    page = visit(language="it").open(f"{PAGE}#ABCD-EFGH")
    assert page.locator("#code").input_value() == "ABCD-EFGH"
    assert page.url.endswith(PAGE)
