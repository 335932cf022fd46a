"""Sign-in as a person meets it: apps and security keys with a real browser, invitations, no barriers."""

import re

import pytest
from django.contrib.auth.hashers import make_password

from listening.fieldwork.assignments import assign
from listening.fieldwork.invitations import invite
from listening.fieldwork.models import User
from tests.browser.conftest import PASSWORD
from tests.browser.test_dashboard import accessibility_violations, overflow
from tests.listening.signin.conftest import add_app
from tests.listening.signin.provider import CLIENT, SECRET, Provider, serve
from tests.listening.signin.test_second_factor import code_of


@pytest.fixture
def administrator(transactional_db) -> User:
    ada = User.objects.create(username="ada", password=make_password(PASSWORD))
    assign(ada, "admin")
    return ada


@pytest.fixture
def strict(settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["admin"]


def plug_in_key(page) -> None:
    """Plug a security key into the browser (WebDriver's virtual authenticator)."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options | {"automaticPresenceSimulation": True}})


def sign_in(there) -> None:
    page = there.open("/login/")
    page.locator("#id_username").fill("ada")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form button").first.click()


def test_an_app_is_set_up_before_anything_else(administrator, strict, visit):
    there = visit(language="en")
    sign_in(there)
    page = there.page
    page.wait_for_url("**/account/")
    page.get_by_role("link", name="Set up an app").click()
    picture = page.locator("img.qr")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    page.locator("#id_code").fill(code_of(page.locator("code").inner_text()))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/account/recovery-codes/")
    assert page.locator(".codes code").count() == 10
    page.goto(there.server + "/admin/")
    assert page.url.endswith("/admin/")


def test_a_security_key_is_added_and_signs_in(administrator, strict, visit):
    there = visit(language="en")
    plug_in_key(there.page)
    sign_in(there)
    page = there.page
    page.wait_for_url("**/account/")
    page.get_by_role("link", name="Add a key").click()
    page.locator("#id_name").fill("Blue key")
    page.get_by_role("button", name="Add a key").click()
    page.wait_for_url("**/account/recovery-codes/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/")
    sign_in(there)
    page.wait_for_url("**/login/code/")
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(there.server + "/account/")
    assert "Blue key" in page.locator("main").inner_text()
    page.get_by_role("link", name=re.compile("Remove it.*Blue key")).click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/account/")
    assert "Blue key" not in page.locator("main").inner_text()


def test_a_key_that_does_not_answer_is_said(administrator, visit):
    there = visit(language="en")
    sign_in(there)
    page = there.page
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(there.server + "/account/keys/add/")
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error('gone')) }")
    page.get_by_role("button", name="Add a key").click()
    page.get_by_text("The key did not answer").wait_for()


def test_an_invitation_leads_in(administrator, visit):
    there = visit(language="it")
    page = there.open(f"/invitation/{invite(administrator, by=None)}/")
    for field in ("#id_password1", "#id_password2"):
        page.locator(field).fill("una-password-tutta-mia")
    page.get_by_role("button", name="Salva la password").click()
    page.get_by_role("link", name="Accedi").last.click()
    page.locator("#id_username").fill("ada")
    page.locator("#id_password").fill("una-password-tutta-mia")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_the_identity_provider_leads_in_through_the_policy_of_the_page(administrator, visit, settings):
    """Chromium follows no redirect of a form that the page's policy does not name."""
    provider = Provider()
    server = serve(provider)
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider.issuer, "City Identity"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    there = visit(language="en")
    page = there.open(f"/invitation/{invite(administrator, by=None)}/")
    page.get_by_role("button", name="Use my account of City Identity").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with City Identity").click()
    page.get_by_role("button", name="Sign out").wait_for()
    server.shutdown()
    server.server_close()
    assert [url for url in there.foreign if not url.startswith(provider.issuer + "/authorize?")] == []
    there.foreign.clear()


@pytest.mark.parametrize("language", ["it", "en", "ar"])
@pytest.mark.parametrize("width", [1280, 320])
def test_no_serious_barrier_and_nothing_sticks_out(administrator, visit, settings, language, width):
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example.org", "Identità della città"
    there = visit(language=language, width=width)
    link = f"/invitation/{invite(administrator, by=None)}/"
    paths = ["/login/", link, "/invitation/x/"]
    for path in paths:
        page = there.open(path)
        assert accessibility_violations(page) == [], path
        assert overflow(page) <= 0, path
    sign_in(there)
    page.wait_for_url(lambda url: "/login/" not in url)
    paths = ["/account/", "/account/password/", "/account/app/", "/account/keys/add/", "/account/confirm/"]
    add_app(administrator)
    paths += ["/account/", "/account/app/remove/", "/account/recovery-codes/new/", "/account/confirm/code/"]
    for path in paths:
        page = there.open(path)
        assert page.locator("html").get_attribute("lang") == language
        assert accessibility_violations(page) == [], path
        assert overflow(page) <= 0, path
