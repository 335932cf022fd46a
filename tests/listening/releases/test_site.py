"""A release as a folder, in a catalogue and in a feed."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

from listening.publishing.propose import publish_release, withdraw
from listening.releases.catalogue import catalogue
from listening.releases.editions import listed_editions
from listening.releases.errors import NoRelease, ReleaseWithdrawn
from listening.releases.feed import ATOM, feed
from listening.releases.files import folder_of, open_file
from listening.releases.licences import licence_url
from listening.releases.site import Damaged, NotEmpty, export_release
from tests.listening.publishing.conftest import (  # noqa: F401 - fixtures
    releases_root,
    second_steward,
    steward,
    tell,
    told_quarter,
)

pytestmark = pytest.mark.django_db
BASE = "https://open.example.org/"


@pytest.fixture
def release(told_quarter, steward, second_steward):  # noqa: F811
    return publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)


def test_it_works(release, tmp_path):
    number = export_release(release.code, tmp_path / "site")
    names = {path.name for path in (tmp_path / "site").iterdir()}
    assert len(names) == number
    page = (tmp_path / "site" / "index.html").read_text()
    links = set(re.findall(r'href="([^"]+)"', page))
    assert {link for link in links if "://" not in link} <= names
    assert set(release.files.values_list("name", flat=True)) <= links
    assert "<script" not in page
    assert release.manifest_sha256 in page


def test_a_folder_with_something_in_it_is_left_alone(release, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(NotEmpty):
        export_release(release.code, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.txt"]


def test_a_file_that_was_changed_on_the_disk_is_not_handed_on(release, tmp_path):
    path = folder_of(release.code) / "cells.csv"
    path.write_bytes(path.read_bytes().replace(b"40", b"45"))
    with pytest.raises(Damaged, match=r"cells\.csv"):
        export_release(release.code, tmp_path / "site")


def test_the_catalogue_says_what_dcat_ap_asks_for(release):
    (edition,) = listed_editions()
    told = catalogue(
        [edition], base_url=BASE, folders={release.code: f"{release.code}/"}, city="Squareville", languages=["it", "en"]
    )
    (dataset,) = told["dcat:dataset"]
    assert dataset["dct:temporal"]["dcat:startDate"]["@value"] == "2026-04-01"
    assert dataset["dct:temporal"]["dcat:endDate"]["@value"] == "2026-06-30"
    assert dataset["dct:spatial"]["dcat:bbox"]["@value"].startswith("POLYGON((11.3 44.48,11.33 44.48,")
    for one in dataset["dcat:distribution"]:
        assert one["dct:license"]["@id"].endswith("CC_BY_4_0")
        assert one["dcat:downloadURL"]["@id"].startswith(f"{BASE}{release.code}/")
        assert one["spdx:checksum"]["spdx:checksumValue"]["@value"]
    used = set(re.findall(r'"([a-z]+):[A-Za-z]', json.dumps(told)))
    assert used - {"http", "https", "urn"} <= set(told["@context"])


def test_the_feed_is_atom(release):
    (edition,) = listed_editions()
    about = {"base_url": BASE, "folders": {release.code: f"{release.code}/"}, "city": "Squareville <&>"}
    root = ET.fromstring(feed([edition], feed_url=f"{BASE}feed.xml", **about))
    (entry,) = root.findall(f"{{{ATOM}}}entry")
    assert entry.findtext(f"{{{ATOM}}}id") == f"urn:sha256:{release.manifest_sha256}"
    for parent in (root, entry):
        for name in ("id", "title", "updated"):
            assert parent.findtext(f"{{{ATOM}}}{name}")
    assert ET.fromstring(feed([], feed_url=f"{BASE}feed.xml", **about)).findtext(f"{{{ATOM}}}updated")


def test_a_file_is_opened_by_its_row_alone(release, releases_root):  # noqa: F811
    told = open_file(release.code, "cells.csv")
    with told.file as file:
        assert len(file.read()) == told.bytes
    (folder_of(release.code) / "stray.txt").write_text("x")
    for name in ("stray.txt", "../2026-Q2-r1/cells.csv", "", "cells.csv\0", "/etc/passwd"):
        with pytest.raises(NoRelease):
            open_file(release.code, name)
    with pytest.raises(NoRelease):
        open_file("2026-Q3-r1\0", "cells.csv")


def test_a_withdrawn_release_tells_why_and_what_holds(release, steward):  # noqa: F811
    withdraw(release, by=steward, reason="Counted twice.")
    with pytest.raises(ReleaseWithdrawn, match=r"Counted twice\.") as refused:
        open_file(release.code, "cells.csv")
    assert refused.value.members == {"release": release.code, "reason": "Counted twice.", "replaced_by": None}
    assert listed_editions() == []


@pytest.mark.parametrize(
    ("licence", "url"),
    [
        ("CC-BY-4.0", "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"),
        ("IODL-2.0", "https://spdx.org/licenses/IODL-2.0.html"),
        ("https://example.org/terms", "https://example.org/terms"),
    ],
)
def test_licences_have_addresses(licence, url):
    assert licence_url(licence) == url
