"""Publish a release, and withdraw one. Two stewards publish: one proposes, another approves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from backend import clock
from backend.db import locks
from listening.fieldwork.models import User
from listening.publishing.build import Draft, check_ready, parse_quarter
from listening.publishing.errors import AuditFailed, NotPublished, SamePerson
from listening.releases.bulk.write import Written, write_files
from listening.releases.content import insert
from listening.releases.files import folder_of
from listening.releases.models import Release, ReleaseFile

UNFINISHED: Final = ".unfinished-"


def check_two_people(proposed_by: User, approved_by: User) -> None:
    if proposed_by.pk == approved_by.pk:
        raise SamePerson(f"{proposed_by.get_username()} proposed it; another steward approves it.")


def check_audit(draft: Draft) -> None:
    """Raises AuditFailed, with what was found."""
    if not draft.report.passed:
        raise AuditFailed(
            f"The audit of {draft.content.head.code} found what tells too much: {draft.report.recovered} cells are"
            f" known, and one leaves {draft.report.min_candidates} numbers open{_together(draft)}.",
            audit=draft.content.head.audit,
        )


def _together(draft: Draft) -> str:
    told = draft.report.revision
    if told is None or told.passed:
        return ""
    return f"; beside what was published before, {told.below_required} leave too few, one of them {told.min_candidates}"


def publish(draft: Draft, *, then: Callable[[Release], None] = lambda release: None) -> Release:
    """Write the files of a draft that passed, then its rows: all of it, or nothing that anybody sees.

    `then` runs in the same transaction.

    The files are written aside and come to their place by a rename, before the rows are committed: a folder without a
    row is served to nobody, and the next attempt replaces it. Raises AuditFailed, AlreadyReleased.
    """
    check_audit(draft)
    head = draft.content.head
    with _folder() as folder:
        written = write_files(draft.content, folder)
        with transaction.atomic():
            with connection.cursor() as cursor:
                locks.lock(cursor, locks.RELEASES)
            check_ready(parse_quarter(head.quarter), correction=head.correction)
            newest = Release.objects.newest()
            if (newest.code if newest else "") != head.previous:
                raise NotPublished(f"Another release was published meanwhile; propose {head.quarter} again.")
            release = insert(
                draft.content,
                _rows(head.code, written),
                manifest=written.manifest,
                sha256=written.manifest_sha256,
                at=clock.now(),
            )
            then(release)
            _put_in_place(folder, head.code)
    return release


def withdraw_release(release: Release, *, reason: str) -> Release:
    """Withdraw a release; its addresses keep answering, with 410 and the reason. Raises NotPublished."""
    reason = reason.strip()
    if not reason:
        raise NotPublished("Say why the release is withdrawn: its addresses answer with it.")
    changed = Release.objects.published().filter(pk=release.pk).update(
        status=Release.Status.WITHDRAWN, withdrawn_at=clock.now(), withdrawal_reason=reason
    )  # fmt: skip
    if not changed:
        raise NotPublished(f"{release.code} was withdrawn before.")
    release.refresh_from_db()
    return release


def _rows(code: str, written: Written) -> list[ReleaseFile]:
    return [
        ReleaseFile(
            release_id=code,
            name=one.name,
            media_type=one.media_type,
            bytes=one.bytes,
            sha256=one.sha256,
            is_canonical=one.is_canonical,
        )
        for one in written.files
    ]


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder beside those of the releases; it is gone afterwards, unless it was put in place."""
    root = Path(settings.RELEASES_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, code: str) -> None:
    """Rename; under the lock, so nobody else puts anything there, and no row says yet that there is something."""
    place = folder_of(code)
    if place.exists():  # left by an attempt that was killed
        place.rename(Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=place.parent)) / "left")
    folder.chmod(0o755)
    folder.rename(place)
    for left in place.parent.glob(f"{UNFINISHED}*"):
        if left != folder and _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_abandoned(folder: Path) -> bool:
    """Whether an unfinished folder is older than any publication takes."""
    return clock.now().timestamp() - folder.stat().st_mtime > 3_600
