"""The WSGI entry: `granian --interface wsgi backend.wsgi:application`.

It refuses to serve what a security check refuses: a server program starts this without `manage.py check`.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("LISTENING_PROCESS", "web")

from django.core.checks import Tags, run_checks
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

refused = [message for message in run_checks(tags=[Tags.security]) if message.is_serious()]
if refused:
    sys.exit("\n".join(str(message) for message in refused))
