import pytest

from listening.capture.accept import accept
from listening.records.models import Conversation
from tests.listening.submissions import conversation, heard


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A storage of the test's own, in the file system as the product's."""
    folder = tmp_path / "media"
    options = {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "attachments": backend}
    return folder


@pytest.fixture
def stored(media):
    """The files in the storage, by their address in it."""

    def list_files(under=""):
        return sorted(p.relative_to(media).as_posix() for p in (media / under).rglob("*") if p.is_file())

    return list_files


@pytest.fixture
def told(city, themes, listener) -> Conversation:
    """A conversation of the listener in area 5, on rent."""
    submission = conversation(listener, heard("need", themes["rent"]))
    accept(submission, by=listener)
    return Conversation.objects.get(pk=submission.id)


@pytest.fixture
def phone(listener, client_of):
    return client_of(listener)
