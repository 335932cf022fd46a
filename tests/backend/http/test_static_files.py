"""Modules as they are served: whatever they import is there, and nothing else in them is another than in the source."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from backend.http.static_files import StaticFiles

ROOT = Path(__file__).resolve().parents[3]
IMPORTED = re.compile(r"""(?:from |import\()"\./([^"]+)\"""")
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.js)")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Source and served text of each module, by name; all are collected anew."""
    folder = tmp_path_factory.mktemp("static")
    for app in ("dashboard", "fieldapp"):
        shutil.copytree(ROOT / "listening" / app / "static" / app, folder / app)
    storage = StaticFiles(location=folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in names if name.endswith(".js")}
    faults = [
        told for *_, told in storage.post_process({n: (storage, n) for n in names}) if isinstance(told, Exception)
    ]
    assert faults == []
    return {
        name: (source, folder / name, (folder / storage.stored_name(name)).read_text(encoding="utf-8"))
        for name, source in sources.items()
    }


def test_what_modules_import_is_there(served):
    imports = [(path.parent / name, of) for of, (_, path, text) in served.items() for name in IMPORTED.findall(text)]
    assert len(imports) > 30
    assert [(path.name, of) for path, of in imports if not path.exists()] == []
    assert [path.name for path, _ in imports if not HASH.search(path.name)] == []


def test_nothing_else_in_them_is_changed(served):
    """Django looks for `import` and `export` whatever their case, also at the end of other words."""
    for name, (source, _, text) in served.items():
        assert HASH.sub("", text).replace("'", '"') == source.replace("'", '"'), name
