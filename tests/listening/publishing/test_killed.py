"""A publication that is killed at any step leaves nothing that anybody sees, and the next one succeeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from listening.publishing.models import ReleaseProposal
from listening.publishing.propose import publish_release
from listening.publishing.publish import UNFINISHED
from listening.releases.errors import NoRelease
from listening.releases.files import folder_of, open_file
from listening.releases.models import Release, ReleaseCell, ReleaseFile
from tests.listening.publishing.conftest import QUARTER

ROOT = Path(settings.BASE_DIR)

# Kills itself, as `kill -9` would, when a function is entered or has returned.
PROGRAM = """
import os, signal, sys
import django
django.setup()
import importlib
from listening.fieldwork.models import User
from listening.publishing.models import ReleaseProposal
from listening.publishing.propose import publish_release
module, name, when = sys.argv[1:4]
where = importlib.import_module(module)
real = getattr(where, name)
def deadly(*args, **kwargs):
    if when == "after":
        real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(where, name, deadly)
people = {user.username: user for user in User.objects.all()}
publish_release("2026-Q2", proposed_by=people["stella"], approved_by=people["sergio"])
"""
STEPS = [
    ("listening.publishing.build", "audit", "before"),
    ("listening.publishing.publish", "write_files", "before"),
    ("listening.releases.bulk.write", "manifest", "after"),
    ("listening.publishing.publish", "write_files", "after"),
    ("listening.publishing.publish", "insert", "before"),
    ("listening.publishing.publish", "insert", "after"),
    ("listening.publishing.publish", "_put_in_place", "before"),
    ("listening.publishing.publish", "_put_in_place", "after"),
]


@pytest.mark.django_db(transaction=True)
def test_it_works(told_quarter, steward, second_steward, releases_root, undo_releases):
    named = connection.settings_dict
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"postgis://{named['USER']}:{named['PASSWORD']}@{named['HOST'].replace('/', '%2F')}"
        f":{named['PORT']}/{named['NAME']}",
        "LISTENING_RELEASES_ROOT": str(releases_root),
    }
    for module, name, when in STEPS:
        killed = subprocess.run(
            [sys.executable, "-c", PROGRAM, module, name, when],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=120,
        )
        assert killed.returncode == -9, (module, name, when, killed.stderr.decode())
        for model in (Release, ReleaseCell, ReleaseFile, ReleaseProposal):
            assert not model.objects.exists(), (module, name, when)
        with pytest.raises(NoRelease):
            open_file("2026-Q2-r1", "cells.csv")
        unseen = [path.name for path in releases_root.iterdir()] if releases_root.exists() else []
        assert all(one.startswith(UNFINISHED) or one == "2026-Q2-r1" for one in unseen)
    # The last one was killed when its folder stood in its place already, a moment before the rows were committed.
    assert folder_of("2026-Q2-r1").is_dir()
    (folder_of("2026-Q2-r1") / "stray.txt").write_text("left by somebody")
    release = publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
    assert {path.name for path in folder_of(release.code).iterdir()} == set(
        release.files.values_list("name", flat=True)
    )
    with open_file(release.code, "cells.csv").file as file:
        assert file.read().startswith(b"release,product,")
