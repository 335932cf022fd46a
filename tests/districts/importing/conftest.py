"""Small sources to import: a grid of squares of 100 m, in any format, with any flaw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import yaml
from shapely import box
from shapely.geometry import Polygon

from districts.importing.report import ImportReport
from districts.importing.run import import_edition

# Metres in UTM 32N: a corner in the middle of Bologna.
EAST, NORTH, SIDE = 686_000, 4_929_000, 100


def tile(column: int, row: int, columns: int = 1, rows: int = 1) -> Polygon:
    x, y = EAST + column * SIDE, NORTH + row * SIDE
    return box(x, y, x + columns * SIDE, y + rows * SIDE)


@pytest.fixture
def grid() -> gpd.GeoDataFrame:
    """Four squares, two by two: codes 1, 2, 10 and 11, in UTM 32N."""
    return gpd.GeoDataFrame(
        {
            "cod": ["1", "2", "10", "11"],
            "nome": ["Città bassa", "Borgo", "S. Viola", "Colle"],
            "res": [100, 200, 300, 400],
        },
        geometry=[tile(0, 0), tile(1, 0), tile(0, 1), tile(1, 1)],
        crs="EPSG:32632",
    )


MAPPING: dict[str, Any] = {
    "layer": {"code": "area", "rank": 0, "names": {"it": "Area", "en": "Area"}},
    "edition": {"code": "2021", "valid_from": "2021-01-01"},
    "source": "Drawn for tests",
    "licence": "CC0-1.0",
    "fields": {"code": "cod", "name": "nome"},
    "population": {"field": "res", "year": 2021, "source": "counted"},
}


@pytest.fixture
def bring(tmp_path: Path, db: None) -> Callable[..., ImportReport]:
    """Write a layer to a file and import it with a mapping; keyword arguments change the mapping, None removes."""

    def run(
        table: gpd.GeoDataFrame | None = None,
        /,
        *,
        source: Path | None = None,
        dry_run: bool = False,
        **changes: Any,
    ) -> ImportReport:
        mapping = {name: value for name, value in {**MAPPING, **changes}.items() if value is not None}
        text = yaml.safe_dump(mapping).replace("'2021-01-01'", "2021-01-01").replace("'2025-01-01'", "2025-01-01")
        config = tmp_path / "mapping.yaml"
        config.write_text(text, encoding="utf-8")
        if source is None:
            assert table is not None
            source = tmp_path / "layer.geojson"
            table.to_file(source)
        return import_edition(config, source, dry_run=dry_run)

    return run
