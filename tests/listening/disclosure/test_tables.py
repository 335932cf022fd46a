"""Tables that do not fit together are refused, and protected tables come from one door."""

import ast
import copy
import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from listening.disclosure import tables
from listening.disclosure.protect import protect_quarter
from listening.disclosure.tables import FrequencyTable, ImpossibleCount, MadeElsewhere, NotATable, ProtectedTable

ROOT = Path(__file__).resolve().parents[3]
SHARED = {"key": bytes(32), "bases": {"_n": 5, "rent": 5}, "boundary_version": "v1"}


def table(**changed):
    members = {
        "product": "P1", "period": "2026-Q1", "places": ("a", "b"), "themes": ("_n", "rent"),
        "counts": np.array([[12, 3], [7, 0]]), "within": ("D", "D"),
    }  # fmt: skip
    return FrequencyTable(**{**members, **changed})


def test_it_works():
    assert table().column("rent").tolist() == [3, 0]


def test_counts_are_a_copy_that_nobody_changes():
    counts = np.array([[12, 3], [7, 0]])
    made = table(counts=counts)
    counts[0, 0] = 99
    assert made.counts[0, 0] == 12
    with pytest.raises(ValueError, match="read-only"):
        made.counts[0, 0] = 99


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"product": "P9"}, "P9 is no product"),
        ({"period": ""}, "is no code of a period"),
        ({"places": ("a",)}, r"shape \(2, 2\); 1 places and 2 themes"),
        ({"places": ("a", "a")}, "a stands twice"),
        ({"places": ("a", "b|c")}, "'b|c' is no code of a place"),
        ({"themes": ("_n", "_n")}, "A theme stands twice"),
        ({"counts": np.array([[1.5, 0], [0, 0]])}, "float64; they must be whole numbers"),
        ({"within": ("D",)}, "within has 1 entries for 2 places"),
        ({"bands": ("x",)}, "bands has 1 entries for 2 places"),
    ],
)
def test_what_does_not_fit_is_refused(changed, said):
    with pytest.raises(NotATable, match=said):
        table(**changed)


def test_places_out_of_order_are_refused():
    with pytest.raises(NotATable, match="places of D do not lie beside each other"):
        table(places=("a", "b", "c"), within=("D", "E", "D"), counts=np.zeros((3, 2), dtype=int))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([[-1, 0], [0, 0]], "hold -1"),
        ([[2_000_000_000, 0], [0, 0]], "hold 2000000000"),
        ([[12, 13], [0, 0]], "rent of a in 2026-Q1 is 13 with 12 conversations; it must be 0 to 12"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, said):
    with pytest.raises(ImpossibleCount, match=said):
        table(counts=np.array(counts))


@pytest.mark.parametrize("people", [11, 121])
def test_people_go_with_conversations(people):
    with pytest.raises(ImpossibleCount, match=f"_persons of a in 2026-Q1 is {people} with 12.*must be 12 to 120"):
        table(themes=("_n", "_persons"), counts=np.array([[12, people], [7, 7]]))


def test_totals_are_sums_of_published_values():
    published = protect_quarter(table(within=("D", "E")), **SHARED)
    assert {parent: total.tolist() for parent, total in published.totals().items()} == dict(
        zip("DE", published.values.tolist(), strict=True)
    )


def members(published):
    return {field.name: getattr(published, field.name) for field in dataclasses.fields(published)}


def test_only_protection_makes_protected_tables():
    """Each way round it that Python offers without reading what is private."""
    published = protect_quarter(table(), **SHARED)
    given = {name: value for name, value in members(published).items() if name != "_seal"}
    exact = table().counts
    with pytest.raises(TypeError):
        ProtectedTable(**{**given, "values": exact})
    for seal in (None, object(), tables._Seal()):
        with pytest.raises(MadeElsewhere):
            ProtectedTable(**{**given, "values": exact}, _seal=seal)
    for other in (exact, published.values + 5):
        with pytest.raises(ValueError, match="_seal"):
            dataclasses.replace(published, values=other)
    with pytest.raises(dataclasses.FrozenInstanceError):
        published.values = exact
    with pytest.raises(ValueError, match="read-only"):
        published.values[0, 0] = 12
    with pytest.raises(ValueError, match="WRITEABLE"):
        published.values.flags.writeable = True
    with pytest.raises(MadeElsewhere):
        pickle.dumps(published)
    with pytest.raises(MadeElsewhere):
        copy.deepcopy(published)


def test_a_protected_table_holds_multiples_alone():
    published = protect_quarter(table(), **SHARED)
    with pytest.raises(NotATable, match="no multiples"):
        tables.sealed(table(), table().counts, bases=SHARED["bases"], key_id=published.key_id, boundary_version="v1")


def test_no_other_module_names_what_makes_them():
    makers = {"_SEAL", "_Seal", "sealed"}
    named = set()
    for package in ("backend", "districts", "listening"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            if "disclosure" not in text and "disclosure" not in path.parts:
                continue  # what never names the package can mean something else by the word
            for node in ast.walk(ast.parse(text)):
                said = {getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None)}
                if isinstance(node, ast.alias | ast.Name | ast.Attribute) and said & makers:
                    named.add(path.relative_to(ROOT).as_posix())
    assert named == {"listening/disclosure/protect.py", "listening/disclosure/tables.py"}


def test_the_way_round_is_a_type_error_too(tmp_path):
    """A release takes a ProtectedTable; who hands over counts, or makes one by hand, is told before anything runs."""
    (tmp_path / "shortcut.py").write_text(
        "from listening.disclosure.tables import FrequencyTable, ProtectedTable\n"
        "def release(table: ProtectedTable) -> None: ...\n"
        "def shortcut(t: FrequencyTable) -> None:\n"
        "    release(t)\n"
        "    release(ProtectedTable(product=t.product, period=t.period, places=t.places, themes=t.themes,\n"
        "        values=t.counts, within=t.within, bands=t.bands, variable='', bases=(), key_id='',\n"
        "        boundary_version=''))\n"
    )
    said = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent",
            f"--cache-dir={tmp_path / 'cache'}", str(tmp_path / "shortcut.py"),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'has incompatible type "FrequencyTable"; expected "ProtectedTable"' in said.stdout
    assert 'Missing named argument "_seal"' in said.stdout or 'Missing positional argument "_seal"' in said.stdout
