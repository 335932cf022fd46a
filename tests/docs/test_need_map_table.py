"""The page of the need-map table tells its columns; the guide for analysts runs."""

import pytest

from listening.capture.accept import accept_many
from listening.needmaps.cell_table import COLUMNS, MOST_ROWS
from listening.rollups.merge import merge_deltas
from tests.docs.pages import page
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

TABLE = page("docs/reference/need-map-table.md")
GUIDE = page("docs/how-to/analyse-with-geopandas.md")


def test_every_column_is_told() -> None:
    told = [[column.name, column.datatype, column.description] for column in COLUMNS]
    assert [[row[0].strip("`"), *row[1:]] for row in TABLE.table("Columns", "column")] == told
    assert f"{MOST_ROWS:,} rows at most" in TABLE.text


@pytest.mark.django_db
def test_the_guide_runs(city, themes, listener, client_of, tmp_path, monkeypatch, capsys) -> None:
    when = NOON.replace(year=2025)
    told = [conversation(listener, heard("need", themes["rent"]), area=1, occurred_at=when) for _ in range(45)]
    told += [conversation(listener, area=2, occurred_at=when) for _ in range(45)]
    accept_many(told)
    merge_deltas()
    (address,) = [part.strip(" '") for part in GUIDE.scripts()[0].splitlines() if "http" in part]
    answer = client_of(person("carmen", "coordinator")).get(address.removeprefix("http://127.0.0.1:8000"))
    assert answer.status_code == 200, answer.content
    (tmp_path / "cells.parquet").write_bytes(answer.content)
    monkeypatch.chdir(tmp_path)
    steps = GUIDE.scripts("python")
    assert len(steps) == 6
    exec("\n".join(steps), {})  # the guide is the program under test
    said = capsys.readouterr().out
    assert "180 rows: 9 districts, 5 themes" in said
    assert "34 times nobody listened" in said
    assert "Area 1" in said
    assert (tmp_path / "need-map.gpkg").stat().st_size > 10_000
