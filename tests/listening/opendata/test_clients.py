"""The field's own programs read the service over a socket: GDAL's drivers, owslib, and what geopandas makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import geopandas
import pytest
from owslib.ogcapi.features import Features

from tests.listening.opendata.world import NEWEST

# In a process of its own: GDAL waits for answers with the interpreter's lock in its hands.
READ_ALL = """
import json, sys, warnings
import pyogrio
warnings.simplefilter("ignore")
source, options, layers = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
found = {}
for name in layers or [name for name, _kind in pyogrio.list_layers(source)]:
    frame = pyogrio.read_dataframe(source, layer=name, **options)
    box = frame.geometry.total_bounds.tolist() if "geometry" in frame else None
    found[name] = {"rows": len(frame), "columns": sorted(frame.columns), "bounds": box}
print(json.dumps(found))
"""


def gdal(source: str, *layers: str, **options: str) -> dict[str, Any]:
    """What GDAL finds: rows, columns and bounds by layer."""
    finished = subprocess.run(
        [sys.executable, "-c", READ_ALL, source, json.dumps(options), *layers],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | {"GDAL_HTTP_TIMEOUT": "30", "NO_PROXY": "*", "no_proxy": "*"},
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return json.loads(finished.stdout)


def collections_of(read) -> dict[str, int]:
    found = [one["id"] for one in read.get("/open/collections").json()["collections"]]
    return {one: read.get(f"/open/collections/{one}/items?limit=1").json()["numberMatched"] for one in found}


def test_gdal_reads_every_collection_to_its_last_feature(server, read):
    """In pages of seven, so that each is paged through."""
    expected = collections_of(read)
    found = gdal(f"OAPIF:{server}/open/", PAGE_SIZE="7")
    assert {name: one["rows"] for name, one in found.items()} == expected
    assert expected["need-map-latest"] == 64
    assert found[f"need-map-{NEWEST}"]["bounds"] == pytest.approx([11.30, 44.48, 11.33, 44.51])
    assert {"share", "theme", "place", "reliability"} <= set(found["need-map-latest"]["columns"])


def test_gdal_opens_tiles(server):
    """It finds the levels. GDAL 3.12 takes the bounds of a collection for metres, so it then asks for tiles elsewhere:
    what is in a tile is read by its MVT driver, in test_conformance."""
    source = f"OGCAPI:{server}/open/collections/districts-area-first"
    found = gdal(source, *(f"Zoom level {zoom}" for zoom in (0, 13)), API="TILES")
    assert list(found) == ["Zoom level 0", "Zoom level 13"]


def test_gdal_reads_features_of_one_collection(server):
    found = gdal(f"OGCAPI:{server}/open/collections/districts-area-first", "districts-area-first", API="ITEMS")
    assert [one["rows"] for one in found.values()] == [9]


def test_owslib_lists_and_reads(server):
    service = Features(f"{server}/open/")
    assert f"need-map-{NEWEST}" in service.feature_collections()
    assert service.collection("need-map-latest")["itemType"] == "feature"
    page = service.collection_items("need-map-latest", limit=5, filter="theme = 'rent' AND share > 0.2")
    assert page["numberReturned"] == 5
    assert {feature["properties"]["theme"] for feature in page["features"]} == {"rent"}
    assert "share" in service.collection_queryables("need-map-latest")["properties"]
    item = service.collection_item("need-map-latest", str(page["features"][0]["id"]))
    assert item["properties"] == page["features"][0]["properties"]


def test_geopandas_reads_the_simple_door(read, tmp_path):
    path = tmp_path / "need-map.geojson"
    path.write_bytes(read.get("/open/need-map.geojson?theme=rent&layer=area").content)
    frame = geopandas.read_file(path)
    assert list(frame["place"]) == [str(number) for number in range(1, 10)]
    assert frame.crs.to_epsg() == 4326
