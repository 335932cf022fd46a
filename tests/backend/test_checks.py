"""A misconfigured city is told what is wrong, and how to mend it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from backend import checks
from backend.localdb.state import recorded_database_url
from backend.policy import Public, SignedIn, access, undeclared


def ids(messages) -> list[str]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


class TestSecretKey:
    @pytest.mark.parametrize(
        ("process", "demo", "debug", "found"),
        [
            ("web", False, False, ["backend.E001"]),
            ("command", False, False, []),
            ("web", True, False, []),
            ("web", False, True, []),
        ],
    )
    def test_who_serves_has_one(self, settings, process, demo, debug, found):
        settings.PROCESS, settings.DEMO, settings.DEBUG = process, demo, debug
        settings.SECRET_KEY = settings.INSECURE_SECRET_KEY
        assert ids(checks.secret_key(None)) == found
        settings.SECRET_KEY = "x" * 50
        assert ids(checks.secret_key(None)) == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", ["backend.E002"]),
        ("sqlite:///x", ["backend.E003"]),
        ("mysql://h/x", ["backend.E003"]),
        ("postgis://h/x", []),
        ("postgres://h/x", []),
    ],
)
def test_the_database(settings, url, found):
    settings.DATABASE_URL, settings.NAMED_DATABASE = url, {"NAME": "x"}
    assert ids(checks.database_configured(None)) == found


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("Europe/Rome", []),
        ("Europe/Bologna", ["backend.E004"]),
        ("/etc/passwd", ["backend.E004"]),
        ("", ["backend.E004"]),
    ],
)
def test_the_time_zone(monkeypatch, zone, found):
    monkeypatch.setenv("LISTENING_TIME_ZONE", zone)
    said = fresh("from backend import checks; print([message.id for message in checks.time_zone(None)])")
    assert said == str(found)


def test_the_libraries(settings, monkeypatch):
    assert ids(checks.gis_libraries(None)) == []
    monkeypatch.setenv("GDAL_LIBRARY_PATH", "/nowhere/libgdal.so")
    (error,) = checks.gis_libraries(None)
    assert error.id == "backend.E005"
    assert "/nowhere/libgdal.so" in error.msg
    monkeypatch.delenv("GDAL_LIBRARY_PATH")
    settings.GEOS_LIBRARY_PATH = None
    assert ids(checks.gis_libraries(None)) == ["backend.E005"]


def fresh(program: str, **variables: str) -> str:
    """What a program prints in a process of its own, after Django was set up: settings are read once."""
    finished = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {program}"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "backend.settings", "LISTENING_PROCESS": "command", **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return finished.stdout.strip() or finished.stderr.strip()


class TestSettings:
    """A mistake in the environment meets a check, not a traceback."""

    @pytest.mark.parametrize("url", ["foo", "://", "nosql://h/x", "postgis://h:port/x", "postgis://h/"])
    def test_a_url_that_names_no_database(self, url):
        said = fresh(
            "from django.core.checks import run_checks; print([message.id for message in run_checks()])",
            DATABASE_URL=url,
        )
        assert said == "['backend.E003']"

    def test_what_the_url_asks_for_is_kept(self):
        """Else a city that asked for a verified server would speak to any."""
        said = fresh(
            "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])",
            DATABASE_URL="postgis://u:p@h/x?sslmode=verify-full",
        )
        assert "verify-full" in said
        assert "statement_timeout" in said


class TestServing:
    SERVE = "import backend.wsgi; print('served')"

    def test_never_with_the_key_that_everybody_knows(self):
        quiet = {"LISTENING_PROCESS": "web", "LISTENING_DEMO": "", "LISTENING_DEBUG": ""}
        assert "LISTENING_SECRET_KEY is not set" in fresh(self.SERVE, LISTENING_SECRET_KEY="", **quiet)
        assert fresh(self.SERVE, LISTENING_SECRET_KEY="x" * 50, **quiet) == "served"

    def test_never_as_the_owner_where_a_role_of_its_own_was_meant(self):
        owner = os.environ.get("DATABASE_URL") or recorded_database_url(configured.BASE_DIR)
        own = {"LISTENING_PROCESS": "web", "LISTENING_SECRET_KEY": "x" * 50}
        assert "backend.E012" in fresh(self.SERVE, LISTENING_API_DATABASE_URL=owner, **own)
        assert fresh(self.SERVE, DATABASE_URL=owner, LISTENING_API_DATABASE_URL="", **own) == "served"
        assert fresh(self.SERVE, DATABASE_URL="", LISTENING_API_DATABASE_URL="postgis://h:port/x", **own) == "served"


class TestDeployment:
    CITY = {
        "LISTENING_PROCESS": "web", "LISTENING_DEMO": "", "LISTENING_DEBUG": "", "LISTENING_SECRET_KEY": "6Kz-w1" * 10,
        "LISTENING_ALLOWED_HOSTS": "listening.example.org", "LISTENING_TRUST_PROXY": "1",
        "LISTENING_TRUSTED_ORIGINS": "https://listening.example.org",
    }  # fmt: skip

    def checked(self, **variables):
        return subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "backend.settings", **self.CITY, **variables},
            cwd=configured.BASE_DIR, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_a_city_has_nothing_to_mend(self):
        finished = self.checked()
        assert (finished.returncode, finished.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("variable", "value", "told"),
        [
            ("LISTENING_DEMO", "1", "security.W"),
            ("LISTENING_ALLOWED_HOSTS", "*", "backend.W001"),
            ("LISTENING_RATE_LIMITS", "read=lots", "backend.E020"),
            ("LISTENING_RATE_LIMITS", "off", "backend.W020"),
            ("LISTENING_TRUSTED_PROXIES", "the-proxy", "backend.E021"),
            ("LISTENING_CORS_ORIGINS", "*", "backend.E022"),
        ],
    )
    def test_a_mistake_is_told(self, variable, value, told):
        finished = self.checked(**{variable: value})
        assert finished.returncode == 1
        assert told in finished.stderr


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ("", []),
        ("off", ["backend.W020"]),
        ("login=10/5m, read=100/s", []),
        ("read=100", ["backend.E020"]),
        ("read=0/m", ["backend.E020"]),
        ("read=10/0m", ["backend.E020"]),
        ("read=-1/m", ["backend.E020"]),
        ("reads=10/m", ["backend.E020"]),
        ("read=10/m;write=1/m", ["backend.E020"]),
        ("read=10/d", ["backend.E020"]),
    ],
)
def test_limits(settings, limits, found):
    settings.DEMO = settings.DEBUG = False
    settings.RATE_LIMITS = limits
    assert ids(checks.rate_limits(None)) == found


@pytest.mark.parametrize(
    ("trusts", "proxies", "found"),
    [
        (True, ["192.0.2.10", "10.0.0.0/24", "2001:db8::/32"], []),
        (False, [], []),
        (False, ["192.0.2.10"], ["backend.E021"]),
        (True, ["proxy.example.org"], ["backend.E021"]),
        (True, ["10.0.0.1/24"], ["backend.E021"]),
    ],
)
def test_proxies(settings, trusts, proxies, found):
    settings.TRUST_PROXY, settings.TRUSTED_PROXIES = trusts, proxies
    assert ids(checks.proxies(None)) == found


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [
        ("https://maps.example.org", True),
        ("https://maps.example.org:8443", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:3000", True),
        ("http://maps.example.org", False),
        ("https://maps.example.org/", False),
        ("https://maps.example.org/page", False),
        ("https://*.example.org", False),
        ("https://user@maps.example.org", False),
        ("https://MAPS.example.org", False),
        ("https://maps.example.org:port", False),
        ("maps.example.org", False),
        ("null", False),
        ("*", False),
        ("", False),
    ],
)
def test_other_origins(settings, origin, is_one):
    settings.CORS_ALLOWED_ORIGINS = [origin]
    assert ids(checks.other_origins(None)) == ([] if is_one else ["backend.E022"])


@pytest.mark.parametrize(
    ("demo", "hosts", "found"),
    [
        (True, ["localhost", "127.0.0.1"], []),
        (True, ["listening.example.org"], ["backend.E006"]),
        (True, ["*"], ["backend.E006"]),
        (False, ["listening.example.org"], []),
    ],
)
def test_the_demo_answers_on_this_machine_alone(settings, demo, hosts, found):
    settings.DEMO, settings.DEBUG, settings.ALLOWED_HOSTS = demo, False, hosts
    assert ids(checks.demo_stays_here(None)) == found


def test_any_host(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert ids(checks.hosts(None)) == ["backend.W001"]


class Silent(APIView):
    pass


class Open(APIView):
    permission_classes = [AllowAny]


def plain(request):
    return HttpResponse()


@access(Public)
def page(request):
    return HttpResponse()


urlpatterns = [
    path("silent", Silent.as_view()),
    path("open", Open.as_view()),
    path("below/", include([path("plain", plain)])),
    path("declared", access(SignedIn)(plain)),
    path("public", page),
    path("login/", page, name="login"),
]


class TestAccess:
    def test_every_route_of_ours_declares_it(self):
        assert list(undeclared()) == []

    @override_settings(ROOT_URLCONF=__name__)
    def test_one_that_does_not_is_found(self):
        """The default of REST framework is not a declaration: nobody has thought about that view."""
        assert list(undeclared()) == ["silent", "below/plain"]
        assert ids(checks.access_declared(None)) == ["backend.E007"] * 2

    @override_settings(ROOT_URLCONF=__name__)
    def test_a_declared_page_is_enforced(self, client):
        response = client.get("/declared")
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")
        assert client.get("/public").status_code == 200


@pytest.mark.parametrize(("code", "is_metric"), [(7791, True), (25832, True), (4326, False), (1, False), (0, False)])
def test_the_metric_system_is_one(settings, code, is_metric):
    settings.METRIC_EPSG = code
    assert ids(checks.metric_system(None)) == ([] if is_metric else ["backend.E023"])
