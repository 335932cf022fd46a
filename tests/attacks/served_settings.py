"""The product's settings as a city has them, with static files as in the source: nothing must be collected."""

from backend.settings import *  # noqa: F403

STORAGES = {
    **STORAGES,  # noqa: F405 - attachments lie in files, as a city has them
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
