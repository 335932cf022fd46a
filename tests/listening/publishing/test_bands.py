"""The release of a year tells who was listened to, by bands that add up to what was published, beside residents."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import numpy as np
import openpyxl
import pytest
from django.db import ProgrammingError, connection, transaction

from backend.periods import Period
from districts.models import ReferenceMargin
from listening.capture.accept import accept_many
from listening.capture.submission import Band
from listening.disclosure import revisions
from listening.disclosure.protect import protect_quarter
from listening.disclosure.tables import FrequencyTable
from listening.publishing.bands import count_bands, plan_bands
from listening.publishing.build import build_release, parse_quarter
from listening.publishing.errors import NothingToPublish
from listening.publishing.geography import read_geography
from listening.publishing.propose import publish_release
from listening.publishing.publish import withdraw_release
from listening.records.models import Conversation
from listening.releases.bulk import binaries, write
from listening.releases.content import bands_of, cells_of, content_of
from listening.releases.models import ReleaseBand, ReleaseCell
from listening.releases.represent import Residents, derive_bands
from tests.listening.publishing.conftest import DAY_OF
from tests.listening.submissions import conversation

pytestmark = pytest.mark.django_db

EVERYWHERE = {1: 40, 2: 37, 3: 31, 4: 44, 5: 28, 6: 13, 7: 11, 8: 22, 9: 9}
AGES = {"0-13": 100, "14-17": 50, "18-34": 200, "35-64": 400, "65+": 250}
LANGUAGES = {"it": 9000, "ar": 1200, "bn": 400, "other": 100}
BANDS = ("0-17", "18-34", "35-64", "65+", "unknown")


@pytest.fixture(autouse=True)
def tables_alone(monkeypatch):
    monkeypatch.setattr(write, "other_files", lambda content: ())


@pytest.fixture
def residents(city):
    district = city.districts["quartiere", "10"]
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(district=district, variable=variable, band=band, year=2025, source="Register", people=people)
        for variable, bands in (("age", AGES), ("language", LANGUAGES))
        for band, people in bands.items()
    )


@pytest.fixture
def year(city, residents, tell, steward, second_steward):
    """Three quarters of 2025 are published, the fourth is told."""
    for seed, name in enumerate(DAY_OF):
        tell(f"2025-{name}", EVERYWHERE, seed=seed, language="it" if seed else "ar")
    for name in ("Q1", "Q2", "Q3"):
        publish_release(f"2025-{name}", proposed_by=steward, approved_by=second_steward)


@pytest.fixture
def release(year, steward, second_steward):
    return publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)


def of(rows, variable="age"):
    return {row.band: row for row in rows if row.variable == variable}


def test_it_works(release):
    cells = cells_of(release)
    told = {(cell.variable, cell.band): cell.value for cell in cells if cell.product == "P3"}
    assert {band for variable, band in told if variable == "age"} == set(BANDS)
    assert not [value for value in told.values() if value % 5]
    (people,) = [
        cell.value
        for cell in cells
        if (cell.product, cell.period, cell.layer, cell.theme) == ("P1", "2025", "quartiere", "_persons")
    ]
    for variable in ("age", "gender", "citizenship", "language"):
        assert sum(value for (of_variable, _), value in told.items() if of_variable == variable) == people
    audited = {one["variable"]: one for one in release.audit["products"] if one["product"] == "P3"}
    assert audited.keys() == {"age", "gender", "citizenship", "language"}
    for one in audited.values():
        assert (one["recovered"], one["below_required"], one["contradictions"]) == (0, 0, 0)
        assert one["min_candidates"] >= 5


def test_bands_are_held_against_residents(release):
    rows = of(bands_of(release))
    known = sum(row.people for band, row in rows.items() if band != "unknown")
    old = rows["65+"]
    assert (old.residents, old.reference_share, old.reference_year, old.source) == (250, 0.25, 2025, "Register")
    assert rows["0-17"].residents == 150
    assert old.share == round(old.people / known, 4)
    assert old.ratio == pytest.approx(old.people / known / 0.25, abs=1e-4)
    assert old.ratio_low < old.ratio < old.ratio_high
    assert old.reason is None
    conversations = next(
        cell.value
        for cell in cells_of(release)
        if (cell.period, cell.layer, cell.theme, cell.product) == ("2025", "quartiere", "_n", "P1")
    )
    # People of one conversation count as one.
    assert all(row.n_eff <= conversations for band, row in rows.items() if band != "unknown")
    assert {row.reason for row in of(bands_of(release), "gender").values()} == {"no-margins"}
    assert (rows["unknown"].share, rows["unknown"].ratio) == (None, None)


def test_children_and_rare_languages_are_not_told_apart(release):
    rows = of(bands_of(release), "language")
    assert set(rows) == {"it", "ar", "other", "unknown"}
    assert rows["other"].residents == 500


def test_whoever_has_the_tables_derives_the_same(release):
    content = content_of(release)
    residents = [
        Residents(
            variable=variable,
            year=rows[0].reference_year,
            source=rows[0].source,
            reason="no-margins",
            by_place={
                (row.layer, row.place): {
                    one.band: one.residents
                    for one in rows
                    if (one.layer, one.place) == (row.layer, row.place) and one.residents is not None
                }
                for row in rows
                if row.residents is not None
            },
        )
        for variable in dict.fromkeys(row.variable for row in content.bands)
        for rows in [[row for row in content.bands if row.variable == variable]]
    ]
    assert derive_bands(content.cells, residents, base=5) == content.bands
    assert content.bands == tuple(sorted(content.bands, key=lambda row: row.order))


def test_files_hold_the_bands_and_are_the_same_again(release, tmp_path):
    assert write.write_files(content_of(release), tmp_path).manifest_sha256 == release.manifest_sha256
    rows = list(csv.DictReader(io.StringIO((tmp_path / "representation.csv").read_text(), newline="")))
    assert [(row["variable"], row["band"], int(row["people"])) for row in rows] == [
        (row.variable, row.band, row.people) for row in bands_of(release)
    ]
    told = json.loads((tmp_path / "csv-metadata.json").read_text())["tables"]
    (table,) = [one for one in told if one["url"] == "representation.csv"]
    assert [column["name"] for column in table["tableSchema"]["columns"]] == list(rows[0])
    assert release.manifest["rows"]["bands"] == {"quartiere": len(rows)}
    binaries.write_workbook(content_of(release), tmp_path / "book.xlsx")
    header, *sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["representation"].iter_rows(values_only=True)
    assert (list(header), len(sheet)) == (list(rows[0]), len(rows))


def test_a_quarter_keeps_the_files_it_had(year, releases_root):
    """A release without bands names no table of them, so that those of before stay the same to the byte."""
    folder = releases_root / "2025-Q3-r1"
    assert not (folder / "representation.csv").exists()
    assert "representation" not in (folder / "csv-metadata.json").read_text()
    assert "representation" not in (folder / "data-dictionary.csv").read_text()
    assert "bands" not in json.loads((folder / "manifest.json").read_text())["rows"]


def test_only_a_year_has_bands(year):
    assert not ReleaseBand.objects.exists()
    assert not ReleaseCell.objects.filter(product="P3").exists()


def test_nothing_changes_a_published_band(release):
    for statement in ("UPDATE releases_releaseband SET people = 0", "DELETE FROM releases_releaseband"):
        with (
            pytest.raises(ProgrammingError, match="releases stay as they are"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    row = bands_of(release)[0]
    with pytest.raises(ProgrammingError, match="is published"), transaction.atomic():
        ReleaseBand.objects.create(
            release=release, period="2025", layer=row.layer, place=row.place, variable="age", band="new", people=5
        )


@pytest.mark.parametrize(
    ("margin", "bands"),
    [
        ({"0-13": 1, "14-17": 2, "18+": 3}, {"0-17": 3, "18+": 3}),
        ({"0-13": 1, "14+": 2}, {"0+": 3}),
        ({"0-17": 1, "18+": 2}, {"0-17": 1, "18+": 2}),
    ],
)
def test_bands_are_those_of_the_residents(city, margin, bands):
    district = city.districts["quartiere", "10"]
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(district=district, variable="age", band=band, year=2025, source="Register", people=people)
        for band, people in margin.items()
    )
    planned = {one.variable: one for one in plan_bands(read_geography(2025), Period.year(2025))}
    assert planned["age"].residents.by_place == {("quartiere", "10"): bands}
    assert planned["age"].bands == tuple(bands)
    assert {band for _, band in planned["age"].pairs} == set(bands)
    assert planned["gender"].bands == ("female", "male", "other")


def test_of_a_large_conversation_ten_people_count_whatever_their_bands(city, listener):
    """Thirteen people, 5 + 4 + 4: their running total 5, 9, 13 of ten is 3, 6, 10."""
    at = dt.datetime(2025, 2, 10, 12, tzinfo=dt.UTC)
    bands = (Band("age", "14-17", 5), Band("age", "18-34", 4), Band("age", "35-64", 4))
    accept_many([conversation(listener, people_count=13, bands=bands, occurred_at=at)])
    geography, whole = read_geography(2025), Period.year(2025)
    planned = plan_bands(geography, whole)
    (counted,) = [one for one in count_bands(planned, geography, whole, ()) if one.variable == "age"]
    assert dict(zip(counted.bands, counted.counts[:, 0].tolist(), strict=True)) == {
        "0-17": 3, "18-34": 3, "35-64": 4, "65+": 0, "unknown": 0,
    }  # fmt: skip


def test_who_was_erased_since_does_not_stop_the_year(year, steward, second_steward):
    Conversation.objects.filter(occurred_on__year=2025).exclude(occurred_on__gte=dt.date(2025, 10, 1)).update(
        may_be_counted=False
    )
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    assert release.audit["passed"]


def test_a_total_of_which_nobody_is_left_stands_under_unknown(city):
    geography, whole = read_geography(2025), Period.year(2025)
    quarter = FrequencyTable("P1", "2025-Q1", ("A",), ("_n", "_persons"), np.array([[10, 15]]), ("10",))
    published = protect_quarter(quarter, key=bytes(32), bases={"_n": 5, "_persons": 5}, boundary_version="v")
    for counted in count_bands(plan_bands(geography, whole), geography, whole, [published]):
        assert counted.counts[:, 0].tolist() == [0] * (len(counted.bands) - 1) + [1]


def test_a_revision_is_audited_beside_the_bands_before(release, tell, monkeypatch):
    withdraw_release(release, reason="Ages were exchanged.")
    tell("2025-Q4", {1: 12}, seed=9)
    found = build_release(parse_quarter("2025-Q4"), revision=2, correction="Ages.").report.revision
    assert found.passed
    monkeypatch.setattr(revisions, "band_blocks", lambda year, earlier: [])
    without = build_release(parse_quarter("2025-Q4"), revision=2, correction="Ages.").report.revision
    assert found.cells - without.cells == ReleaseCell.objects.filter(product="P3", release=release).count()


def test_a_revision_by_other_bands_is_refused(release):
    """Two divisions of the same people tell more than one."""
    withdraw_release(release, reason="Ages were exchanged.")
    ReferenceMargin.objects.filter(variable="language", band="ar").update(people=10)
    with pytest.raises(NothingToPublish, match="other bands of language"):
        build_release(parse_quarter("2025-Q4"), revision=2, correction="Languages.")
