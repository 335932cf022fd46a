"""Settings: typed, from the environment, the same file everywhere.

Every variable that is read here has a line in docs/reference/settings.md (a test compares them).
Mistakes are reported by `backend.checks` with a hint, not by a traceback.
"""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path
from typing import Any

import dj_database_url

from backend.geo.libraries import gdal_library, geos_library
from backend.localdb.state import recorded_database_url

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable: 1, true, yes and on are yes."""
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated variable."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def number(name: str, default: int) -> int:
    """A whole number; 0 when it is none, which the checks refuse wherever it matters."""
    text = os.environ.get(name, "").strip() or str(default)
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def is_time_zone(name: str) -> bool:
    """Whether a name stands in the IANA database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def parsed_url(url: str) -> dict[str, Any]:
    """The database that a URL names; nothing when it names none (backend.E003)."""
    try:
        return dict(dj_database_url.parse(url)) if url else {}
    except (ValueError, KeyError, dj_database_url.UnknownSchemeError):
        return {}


# --- how this process runs ---------------------------------------------------------------------------
DEMO = flag("LISTENING_DEMO")
DEBUG = flag("LISTENING_DEBUG")
PROCESS = os.environ.get("LISTENING_PROCESS", "command")  # web: short database timeouts

# The demo and the tests need no secret of their own; anything else must bring one (backend.E001).
SECRET_KEY = os.environ.get("LISTENING_SECRET_KEY", "")
INSECURE_SECRET_KEY = "only-for-the-demo-and-the-tests-never-for-a-city"  # noqa: S105 - a check refuses it
if not SECRET_KEY:
    SECRET_KEY = INSECURE_SECRET_KEY

ALLOWED_HOSTS = words("LISTENING_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("LISTENING_TRUSTED_ORIGINS")

# --- the city ----------------------------------------------------------------------------------------
CITY_NAME = os.environ.get("LISTENING_CITY", "Bologna")
CITY_TIME_ZONE = os.environ.get("LISTENING_TIME_ZONE", "Europe/Rome")
# Django would end in a traceback before a check could say what is wrong (backend.E004).
TIME_ZONE = CITY_TIME_ZONE if is_time_zone(CITY_TIME_ZONE) else "UTC"
LANGUAGE_CODE = os.environ.get("LISTENING_LANGUAGE", "it")
LANGUAGES = [("it", "Italiano"), ("en", "English"), ("ar", "العربية")]
# The metric coordinate reference system of the city's maps: RDN2008 / UTM zone 32N for Bologna.
METRIC_EPSG = number("LISTENING_METRIC_EPSG", 7791)
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "backend" / "locale"]

# --- the house ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "backend",
    "backend.webclients",
    "districts",
    "listening.audit",
    "listening.codelists",
    "listening.fieldwork",
    "listening.records",
    "listening.consent",
    "listening.vault",
    "listening.attachments",
    "listening.rollups",
    "listening.releases",
    "listening.needmaps",
    "listening.publishing",
    "listening.sync",
    "listening.dashboard",
    "listening.fieldapp",
    "listening.opendata",
    "listening.signin",
    "listening.erasure",
    "listening.desk",
    "listening.demo",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.gis",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "backend.http.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.http.security_headers.SecurityHeadersMiddleware",
    "backend.http.other_origins.OtherOriginsMiddleware",
    "backend.http.anonymous.AnonymousMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "backend.http.request_size.RequestSizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "backend.http.api_language.ApiLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "listening.signin.sessions.SessionRulesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backend.http.rate_limit.RateLimitMiddleware",
]
ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
AUTH_USER_MODEL = "fieldwork.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "/login/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "backend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backend.page_context.site",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "listening.signin.passwords.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- sign-in of the pages: what allauth does is chosen here, how it differs is in listening/signin -----
# Roles that need a second factor. The demo's passwords are known to everybody anyway.
SECOND_FACTOR_ROLES = [] if DEMO else words("LISTENING_MFA_ROLES", "coordinator,steward,admin")
OIDC_ISSUER = os.environ.get("LISTENING_OIDC_ISSUER", "").strip()
OIDC_CLIENT_ID = os.environ.get("LISTENING_OIDC_CLIENT_ID", "").strip()
OIDC_CLIENT_SECRET = os.environ.get("LISTENING_OIDC_CLIENT_SECRET", "").strip()
OIDC_NAME = os.environ.get("LISTENING_OIDC_NAME", "").strip() or CITY_NAME
ACCOUNT_ADAPTER = "listening.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds
ACCOUNT_RATE_LIMITS = False  # counted in listening.signin.attempts
ACCOUNT_FORMS = {"change_password": "listening.signin.forms.PasswordForm"}
SOCIALACCOUNT_ADAPTER = "listening.signin.adapters.SocialAccountAdapter"
MFA_ADAPTER = "listening.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "listening.signin.codes.SignInCodeForm",
    "reauthenticate": "listening.signin.codes.ConfirmCodeForm",
    "activate_totp": "listening.signin.codes.FirstCodeForm",
}

# --- the database ------------------------------------------------------------------------------------
# DATABASE_URL set: that server. Otherwise the private cluster that `backend.localdb` started.
DATABASE_URL = os.environ.get("DATABASE_URL", "") or recorded_database_url(BASE_DIR)
# The web process works under a role that owns nothing; the owner of the tables migrates.
API_DATABASE_URL = os.environ.get("LISTENING_API_DATABASE_URL", "")
if not (API_DATABASE_URL or os.environ.get("DATABASE_URL")):
    API_DATABASE_URL = recorded_database_url(BASE_DIR, "listening_api")
DATABASE_URL_FROM = "DATABASE_URL"
# What is open to anyone is read under a role that sees what is published and nothing else.
OPEN_DATABASE_URL = os.environ.get("LISTENING_OPEN_DATABASE_URL", "")
if not (OPEN_DATABASE_URL or os.environ.get("DATABASE_URL")):
    OPEN_DATABASE_URL = recorded_database_url(BASE_DIR, "listening_open_reader")
if PROCESS == "web" and API_DATABASE_URL:
    DATABASE_URL, DATABASE_URL_FROM = API_DATABASE_URL, "LISTENING_API_DATABASE_URL"
WEB_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    # Parallel workers made the short queries of the web process slower, see docs/explanation.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
COMMAND_SESSION = {"statement_timeout": "10min", "lock_timeout": "10s", "jit": "off"}
# By which SQL knows the city's day: boundaries come into force at its midnight (districts_day).
CITY_SESSION = {"listening.time_zone": TIME_ZONE}
NAMED_DATABASE, NAMED_API_DATABASE = parsed_url(DATABASE_URL), parsed_url(API_DATABASE_URL)


def connection_to(named: dict[str, Any], session: dict[str, str]) -> dict[str, Any]:
    """A connection of Django's to a database, with settings of its session."""
    return {
        **named,
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **named.get("OPTIONS", {}),  # such as sslmode
            "options": " ".join(f"-c {name}={value}" for name, value in (session | CITY_SESSION).items()),
        },
    }


DATABASES: dict[str, dict[str, Any]] = {
    "default": connection_to(NAMED_DATABASE, WEB_SESSION if PROCESS == "web" else COMMAND_SESSION),
    "open": {
        **connection_to(
            parsed_url(OPEN_DATABASE_URL) or NAMED_DATABASE, WEB_SESSION | {"default_transaction_read_only": "on"}
        ),
        "TEST": {"MIRROR": "default"},  # another role, the same database
    },
}
# Contacts of residents lie in a schema of their own, and are reached by a role that reaches nothing else.
VAULT_DATABASE_URL = os.environ.get("LISTENING_VAULT_DATABASE_URL", "")
if not (VAULT_DATABASE_URL or os.environ.get("DATABASE_URL")):
    VAULT_DATABASE_URL = recorded_database_url(BASE_DIR, "listening_vault")
VAULT_ALIAS = "vault" if VAULT_DATABASE_URL else "default"
DATABASE_ROUTERS = ["backend.db.router.OwnerMigrates"]
if VAULT_DATABASE_URL:
    sessions = WEB_SESSION if PROCESS == "web" else COMMAND_SESSION
    DATABASES["vault"] = {**connection_to(parsed_url(VAULT_DATABASE_URL), sessions), "CONN_MAX_AGE": 0}
GDAL_LIBRARY_PATH = gdal_library()
GEOS_LIBRARY_PATH = geos_library()

# --- the audit ---------------------------------------------------------------------------------------
# Whoever reads what others logged about a sensitive theme says for what purpose.
PURPOSE_REQUIRED = flag("LISTENING_PURPOSE_REQUIRED")

# --- releases ----------------------------------------------------------------------------------------
# 32 bytes, in hexadecimal or base64: where rounding starts. The demo and the tests need none of their own
# (publishing.E001).
DISCLOSURE_KEY = os.environ.get("LISTENING_DISCLOSURE_KEY", "").strip()
INSECURE_DISCLOSURE_KEY = "6f6e6c792d666f722d7468652d64656d6f2d616e642d7468652d746573747321"
# The layer whose counts are published by the quarter; empty: found, see docs/reference/releases.md.
PUBLICATION_LAYER = os.environ.get("LISTENING_PUBLICATION_LAYER", "").strip()
OPEN_LICENCE = os.environ.get("LISTENING_OPEN_LICENCE", "CC-BY-4.0").strip()
RELEASES_ROOT = Path(os.environ.get("LISTENING_RELEASES_ROOT", "").strip() or BASE_DIR / "var" / "releases")

# --- consent, withdrawal and retention ---------------------------------------------------------------
# What a conversation is counted on: the city's public task, or a consent for statistics of its own.
STATISTICS_BASIS = os.environ.get("LISTENING_STATISTICS_BASIS", "").strip() or "public_task"
# Days after which something is deleted, put over the usual ones.
RETENTION = os.environ.get("LISTENING_RETENTION", "")
# What was withdrawn is written down beside the database, for the day when a backup is restored.
WITHDRAWAL_JOURNAL = Path(
    os.environ.get("LISTENING_WITHDRAWAL_JOURNAL", "").strip() or BASE_DIR / "var" / "withdrawals.jsonl"
)

# Keys of the contact vault: name:key, the current one first; without any, no contact is kept.
VAULT_KEYS = os.environ.get("LISTENING_VAULT_KEYS", "").strip()
VAULT_INDEX_KEY = os.environ.get("LISTENING_VAULT_INDEX_KEY", "").strip()
if DEMO and not VAULT_KEYS:  # invented contacts alone
    VAULT_INDEX_KEY = "ZGVtb2RlbW9kZW1vZGVtb2RlbW9kZW1vZGVtb2RlbW8="
    VAULT_KEYS = f"demo:{VAULT_INDEX_KEY}"
CONTACT_DAYS = number("LISTENING_CONTACT_DAYS", 183)
# What the city adds to find names in texts: dotted paths of callables, see docs/reference/redaction.md.
RECOGNISERS = tuple(words("LISTENING_RECOGNISERS"))
PHONE_REGION = os.environ.get("LISTENING_PHONE_REGION", "").strip() or "IT"

# --- the edge ----------------------------------------------------------------------------------------
BODY_LIMIT_BYTES = 1_048_576
QUERY_LIMIT_BYTES = 8_192
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
APPEND_SLASH = False
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Origins whose pages may show the public map within themselves.
EMBED_ORIGINS = words("LISTENING_EMBED_ORIGINS")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Plain http is for the demo on this machine alone.
BEHIND_TLS = not (DEMO or DEBUG)
# The prefix binds the cookie to https, to this host and to all of it (RFC 6265bis, section 4.1.3.2).
SESSION_COOKIE_NAME = "__Host-sessionid" if BEHIND_TLS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if BEHIND_TLS else "csrftoken"
SESSION_COOKIE_AGE = number("LISTENING_SESSION_IDLE_MINUTES", 30) * 60
SESSION_ABSOLUTE_AGE = number("LISTENING_SESSION_HOURS", 10) * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
TRUST_PROXY = flag("LISTENING_TRUST_PROXY")
TRUSTED_PROXIES = words("LISTENING_TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
# Other names below the host, and the lists of browsers, are the city's to decide about and not this service's.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [r"^health/"]
RATE_LIMITS = os.environ.get("LISTENING_RATE_LIMITS", "")
# Pages of other origins read the API with a token, never with the cookies of somebody who is signed in here.
CORS_ALLOWED_ORIGINS = words("LISTENING_CORS_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type", "if-match", "if-none-match"]
CORS_ALLOW_HEADERS += ["tus-resumable", "upload-checksum", "upload-offset"]
CORS_EXPOSE_HEADERS = ["Content-Disposition", "ETag", "Link", "Location", "Retry-After", "X-Request-ID"]
CORS_EXPOSE_HEADERS += ["Tus-Resumable", "Upload-Expires", "Upload-Length", "Upload-Offset"]
CORS_PREFLIGHT_MAX_AGE = 600

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are read by developers alone: not worth the half minute that compressing them takes.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map")
# Photos and sound of conversations; served by a view that asks who is asking, never by their address.
MEDIA_ROOT = Path(os.environ.get("LISTENING_MEDIA_ROOT", "").strip() or BASE_DIR / "var" / "media")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "attachments",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "backend.http.static_files.StaticFiles"},
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "listening.fieldwork.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.policy.SignedIn"],
    "DEFAULT_THROTTLE_CLASSES": ["backend.http.rate_limit.RateLimit"],
    "DEFAULT_PARSER_CLASSES": ["backend.http.strict_json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "backend.http.negotiation.FormatNegotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "backend.problems.exception_handler",
    "UNICODE_JSON": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "ENUM_NAME_OVERRIDES": {
        "FeatureType": ["Feature"],
        "FeatureCollectionType": ["FeatureCollection"],
        "FindingKind": "listening.records.models.Finding.Kind",
        "PlaceKind": "listening.records.models.PlaceKind",
        "VenueKind": "listening.fieldwork.models.Venue.Kind",
        "SessionKind": "listening.fieldwork.models.Session.Kind",
        "OpKind": "listening.sync.ops.KINDS",
        "OpType": "listening.sync.ops.TYPES",
        "RowType": ["conversation"],
        "NoRatioReason": "listening.needmaps.representation.REASONS",
        "ReasonEnum": "listening.sync.api.serializers.REASONS",
        "Settlement": "listening.sync.models.Clash.Settlement",
        "StatusEnum": ["accepted", "conflict", "deferred", "quarantined", "rejected", "retry", "duplicate"],
        "ReleaseStatus": "listening.releases.models.Release.Status",
        "ProposalState": "listening.publishing.models.ReleaseProposal.State",
    },
    "TITLE": "Neighbourhood listening",
    "DESCRIPTION": "Log conversations, and read need maps that say how much listening stands behind them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["backend.policy.Public"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.openapi.add_problems",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- logs: one JSON object a line, allow-listed keys, never a body, a query string or a name -----------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.http.request_log.AllowListedJsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LISTENING_LOG_LEVEL", "INFO")},
    # The request middleware writes one line per request; Django's own would repeat the path.
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
        "pyogrio": {"level": "WARNING"},  # it counts what it writes
        "fido2": {"level": "WARNING"},  # below, it writes the numbers of people's security keys
    },
}
