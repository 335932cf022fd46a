"""A phone in a hand: the field app in a browser context of its own, its person, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from listening.fieldwork.enrolment import confirm, issue_code
from listening.fieldwork.models import Device, User
from tests.squareville import inside

SHOTS = Path(settings.BASE_DIR) / "var" / "screenshots" / "field"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WITHOUT_BACKGROUND_SYNC = "Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { value: undefined })"
# Said by the browser itself when a request fails, which these tests bring about.
EXPECTED_NOISE = ("Failed to load resource", "net::ERR")


@dataclass
class FieldPhone:
    """The app, opened in a page of a context."""

    page: Page
    context: BrowserContext
    server: str
    foreign: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def watch(self) -> None:
        own = (self.server, "data:", "blob:")
        self.context.on("request", lambda r: None if r.url.startswith(own) else self.foreign.append(r.url))
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, said: Any) -> None:
        if said.type == "error" and not any(noise in said.text for noise in EXPECTED_NOISE):
            self.failures.append(said.text)

    def open(self, fragment: str = "") -> Page:
        self.page.goto(f"{self.server}/field/{fragment}")
        self.page.locator("html[data-ready]").wait_for()
        return self.page

    def enrol(self, person: User) -> Device:
        """As a person does: scan, compare, confirm."""
        known = set(Device.objects.values_list("pk", flat=True))
        code = issue_code(person).code
        self.open(f"#enrol={code}")
        expect(self.page.locator("#code")).to_have_value(code)
        self.page.locator("#enrol").click()
        number = self.page.locator("#number").inner_text()
        (device,) = Device.objects.exclude(pk__in=known)
        assert number == device.comparison_number
        confirm(device)
        self.page.locator("#net").tap()
        self.page.locator("#number").wait_for(state="detached", timeout=10_000)
        # The areas and themes are there, and so is all that the app needs without a network.
        self.page.locator("html[data-worker=ready]").wait_for()
        self.page.locator("#t-housing").wait_for()
        return device

    def log(self, theme: str = "housing", severity: int = 4) -> None:
        """Three taps."""
        self.page.locator(f"#t-{theme}").tap()
        self.page.locator(f"#severity-{severity}").tap()
        self.save()

    def save(self) -> None:
        """Save, and wait until the form is empty again, or a change is done."""
        self.page.locator("#save").tap()
        self.page.locator("#s-themes:not(:has([aria-pressed=true])), main[data-view=today]").wait_for()

    def said(self, words: str) -> None:
        expect(self.page.locator(".toast")).to_contain_text(words)

    def waits(self, count: int, timeout_s: float = 15) -> None:
        """Until the counter says so."""
        expect(self.page.locator("html")).to_have_attribute("data-waiting", str(count), timeout=timeout_s * 1000)

    def show(self, view: str) -> Page:
        self.page.locator(f"#nav-{view}").tap()
        self.page.locator(f"main[data-view={view}]").wait_for()
        return self.page

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@contextmanager
def field_phone(
    browser: Browser, server: str, *, language: str = "en", area: int = 5, **options: Any
) -> Iterator[FieldPhone]:
    """A phone that stands in an area of Squareville. What went wrong in it, or went elsewhere, fails the test."""
    longitude, latitude = inside(area)
    context = browser.new_context(
        locale=language,
        geolocation={"longitude": longitude, "latitude": latitude, "accuracy": 12},
        permissions=["geolocation"],
        **{**PHONE, **options},
    )
    # The browser calls the worker when it likes, and past what these tests put in the way: as in a browser without it.
    context.add_init_script(WITHOUT_BACKGROUND_SYNC)
    phone = FieldPhone(context.new_page(), context, server)
    phone.watch()
    yield phone
    # No request is to come to the service when its tables are gone.
    for page in context.pages:
        page.locator("html:not([data-activity=sending])").wait_for()
    context.close()
    assert (phone.foreign, phone.failures) == ([], [])
