"""The table for analysts: the figures of the need map, and files that other tools read."""

from __future__ import annotations

import io
import json

import geopandas
import pandas as pd
import pytest
from pyarrow import parquet

from districts.models import District
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.needmaps.cell_table import COLUMNS
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db
THEMES = ["health", "housing", "mobility", "rent", "repairs"]
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
# What the table and the need map have both, and tell alike.
SHARED = [
    "conversations", "mentioning", "mentions", "share", "share_severe", "share_low", "share_high", "share_eb",
    "local_weight", "n_eff", "deff", "reliability", "coverage", "location_quotient", "class_index",
]  # fmt: skip


@pytest.fixture
def told(city, themes, listener):
    """Two quarters: many conversations in 1, some in 5, one in 9, none elsewhere, one that is nowhere."""
    rent, health = themes["rent"], themes["health"]
    spring = [conversation(listener, heard("need", rent, severity=4 + n % 2), area=1) for n in range(30)]
    spring += [conversation(listener, area=1) for _ in range(10)]
    spring += [conversation(listener, heard("need", health), area=5) for _ in range(6)]
    summer = [
        conversation(listener, heard("challenge", rent, severity=2), area=9, occurred_at=NOON.replace(month=8)),
        conversation(listener, heard("need", health), place=Place("city"), occurred_at=NOON.replace(month=8)),
    ]
    accept_many(spring)
    merge_deltas()
    accept_many(summer)  # still in the log


@pytest.fixture
def ask(told, client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(accept=CSV, status=200, **params):
        answer = client.get("/api/v1/need-map/cells", {"layer": "area", **params}, headers={"accept": accept})
        assert answer.status_code == status, answer.content
        return answer

    return get


@pytest.fixture
def need_map(told, client_of):
    client = client_of(person("paola", "coordinator"))

    def get(**params):
        answer = client.get("/api/v1/need-map", {"layer": "area", "geometry": "none", **params})
        return {f["properties"]["code"]: f["properties"] for f in answer.json()["features"]}

    return get


def frame_of(answer):
    texts = {column.name: str for column in COLUMNS if column.datatype == "string"}
    return pd.read_csv(io.BytesIO(answer.content), dtype=texts, keep_default_na=False, na_values=[""])


def test_its_rows_say_what_need_maps_say(ask, need_map):
    table = frame_of(ask(period="2026", by="quarter"))
    assert list(table.columns) == [column.name for column in COLUMNS]
    themes = sorted(set(table["theme"]))
    assert themes == THEMES
    assert len(table) == 4 * 9 * len(themes)
    for period in ("2026-Q1", "2026-Q2", "2026-Q3"):
        for theme in themes:
            shown = need_map(period=period, theme=theme)
            rows = table[(table["period"] == period) & (table["theme"] == theme)].set_index("code")
            for code, need in shown.items():
                said = {name: None if pd.isna(rows.loc[code, name]) else rows.loc[code, name] for name in SHARED}
                assert said == {name: need[name] for name in SHARED}, (period, theme, code)


def test_where_nobody_listened_there_is_no_share(ask):
    table = frame_of(ask(period="2026-Q2", by="quarter"))
    silent = table[table["code"] == "3"]
    assert set(silent["reliability"]) == {"0"}
    assert set(silent["coverage"]) == {"none"}
    assert silent[["share", "share_low", "share_high", "share_severe", "deff"]].isna().all(axis=None)
    assert (silent["conversations"] == 0).all()


@pytest.mark.parametrize(("by", "rows"), [("year", 1), ("quarter", 4), ("month", 12)])
def test_buckets_add_up(ask, by, rows):
    table = frame_of(ask(period="2026", by=by, theme="rent"))
    assert len(table) == rows * 9
    assert table["mentioning"].sum() == 31
    assert table["conversations"].sum() == 47
    assert table["first"].min() == "2026-01-01"
    assert table["until"].max() == "2027-01-01"


def test_of_one_kind(ask):
    table = frame_of(ask(period="2026", by="year", kind="challenge"))
    assert set(table["kind"]) == {"challenge"}
    assert table[table["theme"] == "rent"]["mentioning"].sum() == 1
    assert table[table["theme"] == "rent"]["conversations"].sum() == 47


def test_the_same_as_geoparquet(ask, city, tmp_path):
    table = frame_of(ask(period="2026", by="quarter"))
    file = tmp_path / "cells.parquet"
    file.write_bytes(ask(PARQUET, period="2026", by="quarter").content)
    frame = geopandas.read_parquet(file)
    assert frame.crs == "OGC:CRS84"
    assert list(frame.columns) == [*table.columns, "geometry"]
    same = pd.DataFrame(frame.drop(columns="geometry"))
    same["first"], same["until"] = same["first"].astype(str), same["until"].astype(str)
    pd.testing.assert_frame_equal(same, table, check_dtype=False)
    stored = dict(District.objects.filter(edition__layer__code="area").values_list("code", "geometry"))
    for code, shape in frame.groupby("code").geometry.first().items():
        assert shape.symmetric_difference(geopandas.GeoSeries.from_wkt([stored[code].wkt])[0]).area < 1e-12


def test_a_boundary_is_written_once(ask):
    """A polygon of a thousand points for each of its rows would be most of the file."""
    groups = parquet.ParquetFile(io.BytesIO(ask(PARQUET, period="2026", by="month").content)).metadata.row_group(0)
    (geometry,) = [c for c in map(groups.column, range(groups.num_columns)) if c.path_in_schema == "geometry"]
    assert geometry.num_values == 12 * 9 * 5
    assert geometry.total_uncompressed_size < 9 * 300 + geometry.num_values


def test_without_a_geometry_it_is_plain_parquet(ask):
    kept = parquet.ParquetFile(io.BytesIO(ask(PARQUET, period="2026", by="year", geometry="none").content))
    assert "geometry" not in kept.schema_arrow.names
    assert b"geo" not in kept.metadata.metadata
    columns = json.loads(kept.metadata.metadata[b"data_dictionary"])["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == kept.schema_arrow.names


def test_a_name_cannot_start_a_formula(ask):
    District.objects.filter(code="5").update(name="=HYPERLINK(1)")
    assert '"\'=HYPERLINK(1)"' not in ask(period="2026", by="year").content.decode()
    assert ",'=HYPERLINK(1)," in ask(period="2026", by="year").content.decode()


def test_its_columns_are_described(ask, client_of):
    answer = ask(period="2026")
    address = answer.headers["Link"].partition(">")[0].removeprefix("<")
    described = client_of(person("pia", "planner")).get(address).json()
    columns = described["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == answer.content.decode().split("\r\n")[0].split(",")
    assert all(column["dc:description"].endswith(".") for column in columns)


def test_the_same_table_is_not_sent_twice(ask, client_of):
    for accept in (CSV, PARQUET):
        etag = ask(accept, period="2026").headers["ETag"]
        again = client_of(person(f"carla-{len(accept)}", "coordinator")).get(
            "/api/v1/need-map/cells",
            {"layer": "area", "period": "2026"},
            headers={"accept": accept, "if-none-match": etag},
        )
        assert again.status_code == 304


class TestBadInput:
    @pytest.mark.parametrize(
        ("params", "parameter", "allowed"),
        [
            ({"by": "week"}, "by", "quarter"),
            ({"period": "2026-05", "by": "quarter"}, "period", "2026-04-01/2026-06-30"),
            ({"period": "2026-05-03", "by": "month"}, "period", "2026-05-01/2026-05-31"),
            ({"period": "2026-02-01/2026-06-30", "by": "quarter"}, "period", "2026-01-01/2026-06-30"),
            ({"geometry": "round"}, "geometry", "full"),
            ({"theme": "nowhere"}, "theme", "rent"),
            ({"layer": "nowhere"}, "layer", "area"),
        ],
    )
    def test_is_named(self, ask, params, parameter, allowed):
        problem = ask(status=400, **params).json()
        assert (problem["parameter"], problem["value"]) == (parameter, params[parameter])
        assert allowed in problem["allowed"]

    def test_a_table_that_is_too_long(self, ask, monkeypatch):
        monkeypatch.setattr("listening.needmaps.cell_table.MOST_ROWS", 9 * 5 * 11)
        assert ask(period="2026", by="quarter")
        problem = ask(status=400, period="2026", by="month").json()
        assert problem["allowed"] == ["at most 11 of by=month"]

    def test_an_open_quarter_is_not_for_planners(self, told, client_of):
        answer = client_of(person("pia", "planner")).get(
            "/api/v1/need-map/cells", {"layer": "area", "period": "2026", "by": "month"}, headers={"accept": CSV}
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/period-is-open")


def test_a_city_without_listening(city, themes, client_of):
    answer = client_of(person("carmen", "coordinator")).get(
        "/api/v1/need-map/cells", {"layer": "area", "period": "2025"}, headers={"accept": CSV}
    )
    table = frame_of(answer)
    assert len(table) == 4 * 9 * 5
    assert table[["share", "share_eb", "location_quotient", "class_index"]].isna().all(axis=None)
