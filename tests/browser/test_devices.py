"""Adding a phone as a person does it: press, scan, compare, confirm; and taking it away."""

import pytest

from listening.fieldwork.models import Device
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.listening.fieldwork.phone import Phone

PAGE = "/devices/"
ADD = {"it": "Aggiungi un telefono", "en": "Add a phone", "ar": "أضف هاتفًا"}


@pytest.fixture
def there(transactional_db, listener, visit):
    """Anna's browser, signed in."""

    def begin(**options):
        visited = visit(**options)
        visited.sign_in("anna")
        return visited

    return begin


def test_a_phone_is_added_compared_and_taken_away_without_a_script(there):
    page = there(language="en", javascript=False).open(PAGE)
    page.get_by_role("button", name="Add a phone").click()
    box = page.locator(".qr svg").bounding_box()
    assert box["width"] == box["height"] > 200
    phone = Phone()
    assert phone.enrol(page.locator(".code").inner_text(), "Pixel 9").status_code == 201
    page.get_by_role("link", name="The phone shows a number").click()
    assert page.locator(".number").inner_text() == phone.number
    page.get_by_role("button", name="It shows this number").click()
    page.locator("tr.active").wait_for()
    assert phone.get().status_code == 200
    page.locator("summary").click()
    page.get_by_role("button", name="Take away and tell it to forget").click()
    page.locator("tr.revoked").wait_for()
    assert phone.get().json()["wipe"] is True


def test_a_camera_reads_the_code(there):
    """What is drawn is what was meant: the modules of the picture are those of the address and the code."""
    from qrcode.main import QRCode

    visited = there(language="en")
    page = visited.open(PAGE)
    page.get_by_role("button", name="Add a phone").click()
    expected = QRCode(border=4, error_correction=0)
    expected.add_data(f"{visited.server}/field/#enrol={page.locator('.code').inner_text()}")
    dark = page.locator(".qr svg path").last.get_attribute("d")
    drawn = {tuple(map(int, module.split("h")[0].split(" "))) for module in dark.split("M")[1:]}
    assert drawn == {
        (x, y) for y, row in enumerate(expected.get_matrix()) for x, is_dark in enumerate(row) if is_dark
    }  # fmt: skip


@pytest.mark.parametrize("language", ["it", "en", "ar"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_serious_barrier_and_nothing_sticks_out(there, language, width):
    page = there(language=language, width=width, height=800).open(PAGE)
    page.get_by_role("button", name=ADD[language]).click()
    assert accessibility_violations(page) == []
    assert overflow(page) <= 0
    for name in ("Pixel", "A phone with a name that is as long as a name of a phone may be, eighty characters"[:80]):
        Phone().enrol(page.locator(".code").inner_text(), name)
        page.goto(page.url.replace("add/", ""))
        page.get_by_role("button", name=ADD[language]).click()
    page = there(language=language, width=width, height=800).open(PAGE)
    assert page.locator(".number").count() == Device.objects.count() == 2
    page.locator("summary").first.click()
    assert accessibility_violations(page) == []
    assert overflow(page) <= 0


def test_on_paper_there_is_no_code(there):
    page = there(language="en").open(PAGE)
    page.get_by_role("button", name="Add a phone").click()
    page.emulate_media(media="print")
    assert not page.locator(".qr").is_visible()
    assert not page.locator(".code").is_visible()
