"""The WSGI entry: `granian --interface wsgi backend.wsgi:application`.

It refuses to serve what a security check refuses, or under a role of the database that may too much: a server program
starts this without `manage.py check`.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("LISTENING_PROCESS", "web")

from django.core.checks import Tags, run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connections

from backend.checks import web_role

application = get_wsgi_application()

found = [*run_checks(tags=[Tags.security]), *web_role(None, databases=["default"])]
refused = [message for message in found if message.is_serious()]
# The thread that serves opens its own.
connections.close_all()
if refused:
    sys.exit("\n".join(str(message) for message in refused))
