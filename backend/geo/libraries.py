"""Find GDAL and GEOS for GeoDjango inside the pyogrio and shapely wheels."""

import os
from importlib.util import find_spec
from pathlib import Path


def gdal_library() -> str | None:
    return os.environ.get("GDAL_LIBRARY_PATH") or _bundled("pyogrio", "libgdal*.so*")


def geos_library() -> str | None:
    return os.environ.get("GEOS_LIBRARY_PATH") or _bundled("shapely", "libgeos_c*.so*")


def _bundled(package: str, pattern: str) -> str | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    libraries = Path(spec.origin).parent.parent / f"{package}.libs"
    return next((str(path) for path in sorted(libraries.glob(pattern))), None)
