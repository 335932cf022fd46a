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


def without_comments(source):
    """Line by line: a block begins a line or stands in one, and holds no code."""
    left, is_inside = [], False
    for line in source.splitlines():
        if is_inside or line.lstrip().startswith(("/**", "//")):
            begins = not is_inside
            is_inside = "*/" not in line if is_inside or line.lstrip().startswith("/**") else False
            rest = line.partition("*/ ")[2] if begins and not is_inside else ""
            if rest:
                left.append(line[: len(line) - len(line.lstrip())] + rest)
            continue
        left.append(line)
    return re.sub(r"/\*\* .*? \*/ ?", "", "".join(line + "\n" for line in left))


def test_what_modules_import_is_there(served):
    imports = [(path.parent / name, of) for of, (_, path, text) in served.items() for name in IMPORTED.findall(text)]
    assert len(imports) > 30
    assert [(path.name, of) for path, of in imports if not path.exists()] == []
    assert [path.name for path, _ in imports if not HASH.search(path.name)] == []


def test_nothing_else_in_them_is_changed(served):
    """Django looks for `import` and `export` whatever their case, also at the end of other words."""
    for name, (source, _, text) in served.items():
        meant = without_comments(source) if name.startswith("fieldapp/") else source
        assert HASH.sub("", text).replace("'", '"') == meant.replace("'", '"'), name


def test_phones_get_no_comments_and_all_of_the_code(served):
    texts = {name: (source, text) for name, (source, _, text) in served.items() if name.startswith("fieldapp/")}
    assert [name for name, (_, text) in texts.items() if "/*" in text or re.search(r"^\s*//", text, re.MULTILINE)] == []
    assert all(source.count("/**") > 0 for source, _ in texts.values())
    assert sum(len(text) for _, text in texts.values()) < 0.85 * sum(len(source) for source, _ in texts.values())


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ("/** What it does. */\nconst a = 1;\n", "const a = 1;\n"),
        ("/**\n * What it does.\n * @param {string} a\n */\nf(a);\n", "f(a);\n"),
        ("const b = /** @type {any} */ (a);\n", "const b = (a);\n"),
        ("const b = a\n  /** A line ends here, with or without it. */\nf();\n", "const b = a\nf();\n"),
        ("  // A reason.\n  f();\n", "  f();\n"),
        ('const a = "https://example.org"; // kept\n', 'const a = "https://example.org"; // kept\n'),
    ],
)
def test_a_comment_is_left_out_and_a_line_stays_a_line(tmp_path, source, served):
    (tmp_path / "fieldapp").mkdir()
    (tmp_path / "fieldapp" / "one.js").write_text(source, encoding="utf-8")
    storage = StaticFiles(location=tmp_path)
    list(storage.post_process({"fieldapp/one.js": (storage, "fieldapp/one.js")}))
    assert (tmp_path / storage.stored_name("fieldapp/one.js")).read_text(encoding="utf-8") == served
