"""The settings of tests with static files as a city serves them: collected, named by content, compressed."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "backend.http.static_files.StaticFiles"}}  # noqa: F405
STATIC_ROOT = Path(os.environ["COLLECTED"])
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = False
