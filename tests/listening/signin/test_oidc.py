"""Sign-in by the city's identity provider, over real sockets: whom it lets in, and everything that must not."""

import base64
import json
import time
from urllib.parse import urlencode

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from listening.fieldwork.invitations import find, invite
from listening.fieldwork.models import User
from listening.signin import oidc
from tests.listening.dashboard.reader import Page
from tests.listening.signin.conftest import add_app, sign_in
from tests.listening.signin.provider import CLIENT, SECRET, Provider, serve
from tests.listening.signin.test_second_factor import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(settings):
    """A provider that the settings name."""
    provider = Provider()
    server = serve(provider)
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider.issuer, "City Identity"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture
def known(planner, city) -> User:
    """A person whose account there is linked."""
    SocialAccount.objects.create(user=planner, provider=city.issuer, uid="subject-1")
    return planner


def onward(answer) -> str:
    """Where the page leads: at once by itself, and by its link."""
    [link] = Page(answer).root.all("a", id="onward")
    [refresh] = Page(answer).root.all("meta", **{"http-equiv": "refresh"})
    assert refresh.attributes["content"] == "0; url=" + link.attributes["href"]
    return link.attributes["href"]


def come_in(client: Client, city: Provider, *, change: dict[str, str] | None = None, **form: str):
    """The whole way: the button, the page of the provider, and back."""
    away = onward(client.post("/login/provider/", form))
    assert away.startswith(city.issuer + "/authorize?")
    back = city.authorize(away) | (change or {})
    return client.get("/login/provider/callback/?" + urlencode(back), headers={"accept-language": "en"})


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


class TestKnown:
    def test_comes_in_and_goes_where_they_wanted(self, client, city, known):
        assert come_in(client, city, next="/dashboard/?theme=rent")["Location"] == "/dashboard/?theme=rent"
        assert is_in(client)

    def test_never_to_another_site(self, client, city, known):
        assert come_in(client, city, next="https://example.org/")["Location"] == "/dashboard/"

    def test_the_key_of_the_session_is_new(self, client, city, known):
        away = onward(client.post("/login/provider/"))
        before = client.session.session_key
        client.get("/login/provider/callback/?" + urlencode(city.authorize(away)))
        assert is_in(client)
        assert client.session.session_key != before

    def test_their_second_factor_is_asked_for_all_the_same(self, client, city, known):
        secret = add_app(known)
        assert come_in(client, city)["Location"] == "/login/code/"
        assert not is_in(client)
        assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/dashboard/"
        assert is_in(client)

    def test_and_set_up_when_the_role_needs_one(self, client, city, known, strict):
        from listening.fieldwork.assignments import assign

        assign(known, "coordinator")
        come_in(client, city)
        assert client.get("/dashboard/")["Location"] == "/account/"

    def test_nothing_of_what_the_provider_tells_is_kept(self, client, city, known):
        city.claims = {"email": "dario@example.org", "name": "Dario Canary"}
        come_in(client, city)
        assert SocialAccount.objects.get().extra_data == {}
        assert "Canary" not in str(dict(client.session))
        known.refresh_from_db()
        assert (known.email, known.first_name) == ("", "")

    def test_with_a_provider_that_wants_the_secret_in_the_form(self, client, city, known):
        city.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        come_in(client, city)
        assert is_in(client)

    def test_somebody_else_who_was_signed_in_is_signed_out(self, client, city, known, person):
        other = person("other", "planner")
        client.force_login(other)
        come_in(client, city)
        assert client.session["_auth_user_id"] == str(known.pk)


class TestUnknown:
    def refused(self, answer) -> bool:
        return answer.status_code == 403 and Page(answer).root.one("h1").text == "Not known here"

    def test_an_unknown_subject(self, client, city, known):
        city.subject = "subject-2"
        assert self.refused(come_in(client, city))
        assert not is_in(client)
        assert User.objects.count() == 1

    def test_another_subject_with_the_same_e_mail_address(self, client, city, known):
        """Addresses change hands; a provider may let people write any address into their profile."""
        User.objects.update(email="dario@example.org")
        city.subject = "subject-2"
        city.claims = {"email": "dario@example.org", "email_verified": True, "preferred_username": "dario"}
        assert self.refused(come_in(client, city))
        assert not is_in(client)
        assert SocialAccount.objects.count() == 1

    def test_the_same_subject_at_another_issuer(self, client, city, planner):
        SocialAccount.objects.create(user=planner, provider="https://other.example.org", uid="subject-1")
        assert self.refused(come_in(client, city))
        assert not is_in(client)

    def test_somebody_who_left_looks_the_same(self, client, city, known):
        User.objects.update(is_active=False)
        assert self.refused(come_in(client, city))
        assert not is_in(client)


class TestAttacks:
    """Each answer would let somebody in, were it not looked at."""

    def failed(self, client, answer) -> bool:
        assert not is_in(client)
        return answer.status_code == 400 and Page(answer).root.one("h1").text == "That did not work"

    @pytest.mark.parametrize("state", ["", "x" * 16])
    def test_a_state_that_was_not_begun_here(self, client, city, known, state):
        assert self.failed(client, come_in(client, city, change={"state": state}))

    def test_a_state_of_another_browser(self, client, city, known):
        """Sign-in forged: the victim would work in the account of the attacker."""
        away = onward(Client().post("/login/provider/"))
        back = city.authorize(away)
        answer = client.get("/login/provider/callback/?" + urlencode(back), headers={"accept-language": "en"})
        assert self.failed(client, answer)

    def test_a_state_that_was_used(self, client, city, known):
        away = onward(client.post("/login/provider/"))
        back = "/login/provider/callback/?" + urlencode(city.authorize(away))
        client.get(back)
        client.post("/logout/")
        assert client.get(back).status_code == 400

    @pytest.mark.parametrize("code", ["", "x"])
    def test_a_code_that_is_none(self, client, city, known, code):
        assert self.failed(client, come_in(client, city, change={"code": code}))

    def test_a_code_of_somebody_else(self, client, city, known):
        """Without the verifier (PKCE) and the nonce, a stolen code is worth nothing."""
        stolen = city.authorize(onward(Client().post("/login/provider/")))["code"]
        assert self.failed(client, come_in(client, city, change={"code": stolen}))

    NOW = int(time.time())

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"}, {"nonce": None}, {"nonce": 5},
            {"iss": "https://evil.example.org"}, {"iss": None},
            {"aud": "another"}, {"aud": None}, {"aud": [CLIENT, "another"]}, {"azp": "another"},
            {"exp": NOW - 600}, {"exp": None}, {"iat": None}, {"iat": NOW + 6000}, {"nbf": NOW + 6000},
            {"sub": None}, {"sub": ""}, {"sub": 5}, {"sub": "x" * 192}, {"sub": "a\x00b"}, {"sub": "più"},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_token_that_is_not_for_this_sign_in(self, client, city, known, claims):
        SocialAccount.objects.create(user=known, provider=city.issuer, uid="")
        city.claims = claims
        assert self.failed(client, come_in(client, city))

    def test_a_token_for_two_that_names_us(self, client, city, known):
        city.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
        come_in(client, city)
        assert is_in(client)

    def test_a_token_that_somebody_else_signed(self, client, city, known):
        city.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert self.failed(client, come_in(client, city))

    @pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", SECRET * 3), ("HS256", "public key" * 9)])
    def test_a_token_without_a_real_signature(self, client, city, known, algorithm, key):
        city.algorithm, city.signing_key = algorithm, key
        assert self.failed(client, come_in(client, city))

    def test_a_token_signed_with_a_secret_that_everybody_reads(self, client, city, known):
        city.algorithm, city.signing_key = "HS256", b"k" * 32
        key = {"kty": "oct", "kid": "k1", "alg": "HS256", "k": base64.urlsafe_b64encode(b"k" * 32).decode()}
        city.answers = {"/keys": (200, json.dumps({"keys": [key]}).encode())}
        assert self.failed(client, come_in(client, city))

    @pytest.mark.parametrize(
        ("path", "answer"),
        [
            ("/token", (500, b"")), ("/token", (200, b"<html>")), ("/token", (200, b"[]")), ("/token", (200, b"{}")),
            ("/token", (200, b'{"id_token": 5}')), ("/token", (200, b'{"id_token": "a.b.c"}')),
            ("/token", (302, b"{}")),
            ("/token", (200, b"[" * 100_000)), ("/token", (200, b'{"x": "' + b"x" * 300_000 + b'"}')),
            ("/keys", (404, b"{}")), ("/keys", (200, b"{}")), ("/keys", (200, b'{"keys": 5}')),
            ("/keys", (200, b'{"keys": [5]}')), ("/keys", (200, b'{"keys": []}')),
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    def test_a_provider_that_answers_nonsense(self, client, city, known, path, answer):
        city.answers = {path: answer}
        assert self.failed(client, come_in(client, city))

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example.org"}, {"issuer": None},
            {"token_endpoint": "http://evil.example.org/token"}, {"token_endpoint": None},
            {"jwks_uri": "file:///etc/passwd"},
            {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": 5},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_provider_that_sends_us_elsewhere(self, client, city, metadata):
        city.metadata = metadata
        answer = client.post("/login/provider/", headers={"accept-language": "en"})
        assert self.failed(client, answer)

    def test_a_provider_that_is_away(self, client, city, settings):
        settings.OIDC_ISSUER = "http://127.0.0.1:9"
        assert self.failed(client, client.post("/login/provider/", headers={"accept-language": "en"}))

    def test_the_person_gave_up_there(self, client, city, known):
        away = onward(client.post("/login/provider/"))
        state = city.authorize(away)["state"]
        back = {"error": "access_denied", "state": state}
        answer = client.get("/login/provider/callback/?" + urlencode(back), headers={"accept-language": "en"})
        assert self.failed(client, answer)

    def test_what_the_browser_adds_is_not_passed_on(self, client, city):
        away = onward(client.post("/login/provider/?scope=offline_access&auth_params=nonce%3Dmine&process=connect"))
        city.authorize(away)  # which looks at what it is asked
        assert "mine" not in away


class TestInvitation:
    def test_it_links_the_account(self, client, city, planner):
        token = invite(planner, by=None)
        assert "City Identity" in client.get(f"/invitation/{token}/").content.decode()
        assert come_in(client, city, invitation=token)["Location"] == "/dashboard/"
        assert is_in(client)
        assert find(token) is None
        later = Client()
        come_in(later, city)
        assert is_in(later)

    def test_the_secret_of_the_link_is_not_kept(self, client, city, planner):
        token = invite(planner, by=None)
        client.post("/login/provider/", {"invitation": token})
        assert token not in str(dict(client.session))

    def test_a_used_link_links_nothing(self, client, city, planner):
        token = invite(planner, by=None)
        away = onward(client.post("/login/provider/", {"invitation": token}))
        Client().post(
            f"/invitation/{token}/", {"password1": "a-password-of-my-own", "password2": "a-password-of-my-own"}
        )
        answer = client.get("/login/provider/callback/?" + urlencode(city.authorize(away)))
        assert answer.status_code == 403
        assert not SocialAccount.objects.exists()
        assert client.post("/login/provider/", {"invitation": token}).status_code == 404

    def test_an_account_that_belongs_to_somebody_is_not_taken_away(self, client, city, known, person):
        other = person("other", "planner")
        token = invite(other, by=None)
        assert come_in(client, city, invitation=token).status_code == 403
        assert SocialAccount.objects.get().user == known
        assert find(token)

    def test_a_new_link_replaces_the_account(self, client, city, known):
        city.subject = "subject-2"
        come_in(client, city, invitation=invite(known, by=None))
        assert is_in(client)
        assert SocialAccount.objects.get().uid == "subject-2"

    def test_who_has_no_password_sees_no_page_to_change_it(self, client, city, known):
        known.set_unusable_password()
        known.save()
        come_in(client, city)
        assert client.get("/account/password/").status_code == 404
        assert b"/account/password/" not in client.get("/account/").content


class TestWithout:
    def test_no_button_and_no_way(self, client, db, settings):
        settings.OIDC_ISSUER = ""
        assert b"/login/provider/" not in client.get("/login/").content
        assert client.post("/login/provider/").status_code == 404
        assert client.get("/login/provider/callback/?state=x&code=y").status_code == 404

    def test_the_button_takes_a_form(self, client, city):
        assert b"City Identity" in client.get("/login/").content
        assert client.get("/login/provider/").status_code == 405
        assert Client(enforce_csrf_checks=True).post("/login/provider/").status_code == 403

    def test_signing_in_by_name_goes_on(self, client, city, planner):
        assert sign_in(client, "dario").status_code == 302


def test_an_answer_is_measured_while_it_comes(city):
    """An endless answer must not fill the memory first."""
    city.answers = {"/endless": (200, json.dumps({"x": "y" * 600_000}).encode())}
    with pytest.raises(oidc.ProviderFault, match="too large"):
        oidc.fetch("GET", city.issuer + "/endless")


def test_a_redirect_is_not_followed(city):
    """It would carry the secret of the client to whoever can answer with one."""
    city.answers = {"/token": (302, b"{}")}
    with pytest.raises(oidc.ProviderFault, match="302"):
        oidc.fetch("POST", city.issuer + "/token", data={"client_secret": SECRET})
    assert city.asked == [("POST", "/token")]
