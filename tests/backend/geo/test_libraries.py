"""The bundled GDAL transforms coordinates whoever loads it first, and whatever the system has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.geo.libraries import gdal_library, geos_library

BOLOGNINA_IN_UTM = (686519, 4932021)

GEODJANGO = """
from django.conf import settings
from backend.geo.libraries import gdal_library, geos_library
settings.configure(GDAL_LIBRARY_PATH=gdal_library(), GEOS_LIBRARY_PATH=geos_library())
from django.contrib.gis.geos import Point
def by_geodjango():
    point = Point(11.3469, 44.5174, srid=4326)
    point.transform(32632)
    return point.x, point.y
"""
GEOPANDAS = """
import geopandas, shapely
def by_geopandas():
    point = geopandas.GeoSeries([shapely.Point(11.3469, 44.5174)], crs=4326).to_crs(32632)[0]
    return point.x, point.y
"""


def run(program: str, **variables: str) -> str:
    # GDAL must not find what the system's PROJ installed: the test would then prove nothing.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PROJ", "GDAL", "GEOS"))}
    command = [sys.executable, "-W", "error", "-c", program]
    finished = subprocess.run(command, env={**environment, **variables}, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


@pytest.mark.parametrize(
    "program",
    [
        GEODJANGO + "print(*map(round, by_geodjango()))",
        GEODJANGO + GEOPANDAS + "print(*map(round, by_geopandas()))",
        GEODJANGO + GEOPANDAS + "by_geopandas(); print(*map(round, by_geodjango()))",
        GEODJANGO + GEOPANDAS + "by_geodjango(); print(*map(round, by_geopandas()))",
        GEOPANDAS + "by_geopandas()\n" + GEODJANGO + "print(*map(round, by_geodjango()))",
    ],
    ids=["GeoDjango alone", "geopandas beside it", "geopandas first", "GeoDjango first", "geopandas before settings"],
)
def test_coordinates_are_transformed_in_one_process_by_both(program: str) -> None:
    assert tuple(map(int, run(program).split())) == BOLOGNINA_IN_UTM


def test_gdal_reads_the_data_of_its_own_wheel() -> None:
    found = run("from backend.geo.libraries import gdal_library as g; g(); import os; print(os.environ['PROJ_DATA'])")
    assert found.strip().endswith("pyogrio/proj_data")


def test_a_configured_data_folder_is_left_alone() -> None:
    program = "from backend.geo.libraries import gdal_library as g; g(); import os; print(os.environ.get('PROJ_DATA'))"
    assert run(program, PROJ_LIB="/somewhere").strip() == "None"


def test_a_configured_library_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundled = gdal_library(), geos_library()
    paths = tmp_path / "libgdal.so", tmp_path / "libgeos_c.so"
    for name, path in zip(("GDAL", "GEOS"), paths, strict=True):
        monkeypatch.setenv(f"{name}_LIBRARY_PATH", str(path))
    # One that is not there is passed over: a check says so, where loading it would end in a traceback.
    assert (gdal_library(), geos_library()) == bundled
    for path in paths:
        path.touch()
    assert (gdal_library(), geos_library()) == tuple(map(str, paths))
