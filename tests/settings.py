"""The product's settings with what a test run needs: plain http, fast hashes, static files as in the source."""

import os
from pathlib import Path

from backend.settings import *  # noqa: F403

SESSION_COOKIE_NAME = "sessionid"
CSRF_COOKIE_NAME = "csrftoken"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SECOND_FACTOR_ROLES: list[str] = []  # tests/listening/signin asks for them
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "attachments": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SCRATCH = BASE_DIR / "var" / "tests"  # noqa: F405 - of this checkout: two may be tested side by side, by other people
RELEASES_ROOT = Path(os.environ.get("LISTENING_RELEASES_ROOT") or SCRATCH / "releases")
DISCLOSURE_KEY = "7465737473" + "00" * 27  # of no city
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
# One connection, so that a test sees all of it; tests/backend/db looks at the role of the vault.
DATABASES.pop("vault", None)  # noqa: F405
VAULT_ALIAS = "default"
VAULT_INDEX_KEY = "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
VAULT_KEYS = f"test:{VAULT_INDEX_KEY}"
WITHDRAWAL_JOURNAL = SCRATCH / f"withdrawals-{os.getpid()}.jsonl"
SCRATCH.mkdir(parents=True, exist_ok=True)
# Every test comes from the same address; those of the limits set them.
RATE_LIMITS = "off"
