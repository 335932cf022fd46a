"""The WSGI entry: `granian --interface wsgi backend.wsgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("LISTENING_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
