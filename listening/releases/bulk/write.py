"""Write all files of a release into a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from listening.releases.bulk import binaries, texts
from listening.releases.bulk.manifest import MANIFEST, SUMS, FileValue, manifest, manifest_bytes, sha256, sums
from listening.releases.values import Content

MEDIA_TYPES: Final = {
    ".geojson": "application/geo+json",
    ".geojsonl": "application/geo+json-seq",
    ".csv": "text/csv; charset=utf-8; header=present",
    ".json": "application/json",
    ".gpkg": "application/geopackage+sqlite3",
    ".fgb": "application/vnd.flatgeobuf",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "": "text/plain; charset=utf-8",
}
BY_LAYER: Final = {
    ".fgb": binaries.write_flatgeobuf,
    ".parquet": binaries.write_geoparquet,
    ".pmtiles": binaries.write_pmtiles,
}
AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """What lies in the folder, and the manifest with its checksum."""

    files: tuple[FileValue, ...]
    manifest: dict[str, Any]
    manifest_sha256: str


def canonical_files(content: Content) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files that can be made again anywhere."""
    for layer in content.layers:
        yield f"need-map-{layer}.geojson", texts.geojson(content, layer)
        yield f"need-map-{layer}.geojsonl", texts.geojson_lines(content, layer)
    yield from texts.csv_files(content)


def other_files(content: Content) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Names of the files for programs, and what writes them."""
    yield "need-map.gpkg", partial(binaries.write_geopackage, content)
    yield "need-map.xlsx", partial(binaries.write_workbook, content)
    for layer in content.layers:
        for ending, write in BY_LAYER.items():
            yield f"need-map-{layer}{ending}", partial(write, content, layer)


def write_files(content: Content, folder: Path) -> Written:
    """Write every file, and bring it to the disk before this returns. The folder is empty and stays the caller's."""
    files = [_written(folder, name, told, is_canonical=True) for name, told in canonical_files(content)]
    document = manifest(content, files)
    told = manifest_bytes(document)
    files.append(_written(folder, MANIFEST, told, is_canonical=True))
    for name, write in other_files(content):
        write(folder / name)
        files.append(_found(folder, name))
    files.append(_written(folder, SUMS, sums(files), is_canonical=False))
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)
    return Written(tuple(sorted(files, key=lambda one: one.name)), document, sha256(told))


def _written(folder: Path, name: str, content: bytes, *, is_canonical: bool) -> FileValue:
    (folder / name).write_bytes(content)
    return FileValue(name, _media_type(name), len(content), sha256(content), is_canonical)


def _found(folder: Path, name: str) -> FileValue:
    told, size = hashlib.sha256(), 0
    with (folder / name).open("rb") as file:
        while part := file.read(AT_ONCE):
            told.update(part)
            size += len(part)
    return FileValue(name, _media_type(name), size, told.hexdigest(), is_canonical=False)


def _media_type(name: str) -> str:
    return MEDIA_TYPES[Path(name).suffix]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
