"""Debian's Chromium against the real server: what a person sees, with and without scripts.

The browser and the server live as long as the tests of this folder. A missing browser
skips these tests on a developer's machine and fails them where CI is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from listening.fieldwork.models import User
from tests.browser.fieldphone import FieldPhone, field_phone
from tests.listening.dashboard.conftest import _compiled_catalogues  # noqa: F401  (the catalogues as in the source)
from tests.listening.dashboard.needs import listen_in_squareville

CHROMIUM = shutil.which("chromium")
# Software rendering, no profile, no calls home; as root Chromium needs --no-sandbox.
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
PASSWORD = "a-long-test-password"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "There is no chromium on this machine (apt install chromium)."
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(message)
        pytest.skip(message)
    # Playwright's loop runs in this thread, and Django takes it for an asynchronous context.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(django_db_setup: None) -> Iterator[str]:
    """Address of the running service."""
    live = LiveServer("localhost")
    yield live.url
    live.stop()


@dataclass
class Visit:
    """A page in a fresh browser context, and everything that went wrong or went out in it."""

    page: Page
    server: str
    foreign: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.server + path)
        return self.page

    def sign_in(self, name: str = "dario") -> None:
        self.open("/login/")
        self.page.locator("#id_username").fill(name)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.locator("main form button").click()
        self.page.wait_for_url(lambda url: not urlsplit(url).path.startswith("/login"))


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Visit]]:
    """Open a context: visit(language="en", width=1280, javascript=True). Its complaints are checked at the end."""
    visits = []

    def begin(
        *,
        language: str = "it",
        width: int = 1280,
        height: int = 900,
        javascript: bool = True,
        instead: Browser | None = None,
    ) -> Visit:
        context = (instead or browser).new_context(
            locale=language, viewport={"width": width, "height": height}, java_script_enabled=javascript
        )
        page = context.new_page()
        made = Visit(page, server)
        page.on("request", lambda r: made.foreign.append(r.url) if not r.url.startswith((server, "data:")) else None)
        page.on("pageerror", lambda error: made.failures.append(str(error)))
        page.on(
            "console",
            lambda said: made.violations.append(said.text) if "Content Security Policy" in said.text else None,
        )
        visits.append((context, made))
        return made

    yield begin
    for context, made in visits:
        context.close()
        assert (made.foreign, made.violations, made.failures) == ([], [], [])


@pytest.fixture
def listened(city: object, themes: dict[str, object], listener: User, planner: User) -> None:
    """Squareville after a year of listening, and a planner called dario who may look at it."""
    listen_in_squareville(themes, listener)  # type: ignore[arg-type]


@pytest.fixture
def phone(
    browser: Browser, server: str, transactional_db: None, city: object, themes: object, listener: User
) -> Iterator[FieldPhone]:
    """The field app on a phone that was added for the listener."""
    with field_phone(browser, server) as made:
        made.enrol(listener)
        yield made
