"""Find GDAL and GEOS for GeoDjango inside the pyogrio and shapely wheels.

A GDAL from a wheel looks for PROJ's database and for GDAL's own tables where it was built, so GeoDjango alone would
fail to transform coordinates, or read the tables of another version that the system happens to have. pyogrio tells it
when it is imported; GeoDjango does not import pyogrio. Hence the two environment variables, set before GDAL is loaded.
pyproj and pyogrio prefer the data of their own wheels and are not affected.
"""

import os
from importlib.util import find_spec
from pathlib import Path


def gdal_library() -> str | None:
    """The path of libgdal, or None: GeoDjango then asks the system. GDAL_LIBRARY_PATH in the environment wins.

    When it names no file it is passed over, so that a check can say so (backend.E005) before anything breaks.
    """
    configured = _file(os.environ.get("GDAL_LIBRARY_PATH"))
    if configured:
        return configured
    bundled = _bundled("pyogrio", "libgdal*.so*")
    if bundled:
        _tell_where_the_data_are()
    return bundled


def geos_library() -> str | None:
    """The path of libgeos_c, or None. GEOS_LIBRARY_PATH in the environment wins, as above."""
    return _file(os.environ.get("GEOS_LIBRARY_PATH")) or _bundled("shapely", "libgeos_c*.so*")


def _file(path: str | None) -> str | None:
    return path if path and os.path.isfile(path) else None


def _tell_where_the_data_are() -> None:
    package = _folder("pyogrio")
    if package is None:
        return
    if "PROJ_LIB" not in os.environ and (package / "proj_data" / "proj.db").exists():
        os.environ.setdefault("PROJ_DATA", str(package / "proj_data"))
    if (package / "gdal_data").is_dir():
        os.environ.setdefault("GDAL_DATA", str(package / "gdal_data"))


def _bundled(package: str, pattern: str) -> str | None:
    folder = _folder(package)
    if folder is None:
        return None
    return next((str(path) for path in sorted((folder.parent / f"{package}.libs").glob(pattern))), None)


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None
