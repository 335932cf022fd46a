"""What the world may read: no key beyond the list, no point of a record, no word of a resident, no other table."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
import shapely
from django.core.management import call_command

from listening.codelists.models import Theme, ThemeLabel
from listening.publishing.propose import publish_release
from listening.records.models import Conversation
from listening.releases.bulk import columns
from listening.releases.catalogue import catalogue
from listening.releases.editions import listed_editions
from listening.releases.feed import feed
from listening.releases.files import folder_of
from listening.releases.models import Release
from tests.canaries import CANARY
from tests.listening.publishing.conftest import (  # noqa: F401 - fixtures
    QUARTER,
    releases_root,
    second_steward,
    steward,
    tell,
)

pytestmark = pytest.mark.django_db

FORBIDDEN = re.compile(r"time|staff|listener|venue|session|note|text|summary|occurred|received|id$", re.IGNORECASE)


@pytest.fixture
def release(tell, themes, steward, second_steward):  # noqa: F811
    """Records that hold what must not come out: words, a phone number, a rare theme that stays in the office."""
    rare = Theme.objects.create(code="rare_canary_theme", position=9, sensitivity="internal")
    ThemeLabel.objects.create(theme=rare, language="it", label="Tema raro canarino")
    themes["mobility"], kept = rare, themes["mobility"]
    tell(QUARTER, {1: 30, 5: 3}, summary=f"{CANARY} Maria Rossi, 333 1234567, maria@example.org")
    themes["mobility"] = kept
    tell(QUARTER, {2: 50, 4: 40, 8: 33}, seed=2)
    return publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)


def published(release: Release, tmp_path):
    """Every public artefact by name: files, what is within them, the site, the catalogue, the feed."""
    call_command("export_release", release.code, "--to", tmp_path / "site", stdout=io.StringIO())
    for path in (tmp_path / "site").iterdir():
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                yield from ((f"{path.name}/{name}", book.read(name)) for name in book.namelist())
    editions = listed_editions()
    folders = {one.code: f"{one.code}/" for one in editions}
    about = {"base_url": "https://open.example.org/", "folders": folders, "city": "Squareville"}
    yield "catalogue", json.dumps(catalogue(editions, languages=["it"], **about)).encode()
    yield "feed", feed(editions, feed_url="https://open.example.org/feed.xml", **about)


def test_no_canary(release, tmp_path):  # attack 11
    words = (
        CANARY,
        "Maria",
        "Rossi",
        "333 1234567",
        "3331234567",
        "maria@example.org",
        "rare_canary",
        "canarino",
        "anna",
    )
    names = []
    for name, content in published(release, tmp_path):
        names.append(name)
        for word in words:
            assert word.encode() not in content, (name, word)
    assert len(names) >= 20
    assert Conversation.objects.filter(summary__contains="Maria").exists()


def test_no_key_beyond_the_list(release, tmp_path):  # attack 10
    allowed = {column.name for table in (columns.NEED, columns.CELL, columns.PLACE, columns.THEME) for column in table}
    assert not {name for name in allowed if FORBIDDEN.search(name)}
    document = json.loads((folder_of(release.code) / "need-map-zona.geojson").read_text())
    assert {key for feature in document["features"] for key in feature["properties"]} <= allowed

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    listed = set(keys(json.loads((folder_of(release.code) / "manifest.json").read_text())))
    assert {key for key in listed if FORBIDDEN.search(key)} <= {"key_id", "truth_inside"}


def test_no_point_of_a_record(release):  # attack 10
    """Only corners of boundaries are in the files; no point of a conversation comes near one of them."""
    points = shapely.MultiPoint([(one.x, one.y) for one in Conversation.objects.values_list("location", flat=True)])
    for path in folder_of(release.code).glob("*.geojson"):
        for feature in json.loads(path.read_text())["features"]:
            corners = shapely.get_coordinates(shapely.from_geojson(json.dumps(feature["geometry"])))
            assert shapely.MultiPoint(corners).distance(points) > 1e-4


def test_no_count_below_the_base(release):
    """Multiples of five, in every row and in every file."""
    assert {value % 5 for value in release.cells.values_list("value", flat=True)} == {0}
    for need in release.needs.all():
        assert (need.conversations % 5, need.mentioning % 5) == (0, 0)
        assert need.mentioning <= need.conversations


def test_areas_are_not_told_by_the_quarter(release):
    """Nor are layers that cross: their sums would be of areas."""
    assert set(release.cells.values_list("layer", flat=True)) == {"zona", "quartiere"}
