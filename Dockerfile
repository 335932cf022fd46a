# The service of a city: the web server by default, and with another command its worker and its migrations.
# Holds no secret and no demo. Everything comes from the environment, see docs/reference/settings.md and compose.yaml.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/listening

# The wheels bring GDAL, GEOS, PROJ and libpq: no Debian package is needed.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin listening

# Before the source: a change of the source then installs nothing anew.
COPY requirements.txt ./
RUN pip install --require-hashes --only-binary :all: -r requirements.txt

COPY manage.py ./
COPY backend backend
COPY districts districts
COPY listening listening
COPY fixtures fixtures
RUN pybabel -q compile -d backend/locale -D django \
    && python manage.py collectstatic --noinput --verbosity 0 --ignore redoc --ignore rest_framework \
    && python -m compileall -q backend districts listening

# Photos and sound, on a volume; all else of the container is read only.
ENV LISTENING_MEDIA_ROOT=/var/lib/listening/media
RUN install --directory --owner=10001 --mode=0700 /var/lib/listening/media

# The code belongs to root: whoever breaks into the service cannot change it.
USER 10001
ENV LISTENING_PROCESS=web
EXPOSE 8000

# The service answers to its own names only, so the question bears one of them.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import os, urllib.request as request; \
host = os.environ.get('LISTENING_ALLOWED_HOSTS', 'localhost').split(',')[0].strip().lstrip('.*') or 'localhost'; \
request.urlopen(request.Request('http://127.0.0.1:8000/health/live', headers={'Host': host}), timeout=4)"]

# The checks refuse to serve a city without a secret of its own. One worker a core, as `make demo` has. A worker that is told
# to end before it has begun does not: it is killed in time for what gives a container ten seconds.
CMD ["sh", "-c", "python manage.py check && exec granian --interface wsgi --host 0.0.0.0 --port 8000 --http 1 --no-ws \
--workers \"${WORKERS:-$(nproc)}\" --blocking-threads 1 --respawn-failed-workers --workers-kill-timeout 8 \
--log-level warning backend.wsgi:application"]
