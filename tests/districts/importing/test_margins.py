"""Residents by band: what comes in, what is refused, and what districts without figures of their own have."""

import pytest
import yaml

from districts.importing.config import ConfigError, read_config
from districts.margins import Reference, known_references, margins_of
from districts.models import BoundaryEdition, District, Population, ReferenceMargin
from tests.districts.importing.conftest import MAPPING
from tests.districts.importing.test_run import BLOCKS, flaws

pytestmark = pytest.mark.django_db

AGE = {
    "variable": "age",
    "year": 2023,
    "source": "registry",
    "bands": {"0-17": "minori"},
    "total": "tutti",
    "rest": "18+",
}
CITIZENSHIP = {
    "variable": "citizenship", "year": 2023, "source": "registry", "bands": {"it": "ita", "foreign": ["ue", "altri"]},
}  # fmt: skip
FIGURES = {
    "layer": None, "edition": None, "licence": None, "population": None, "attributes_of": "area",
    "fields": {"code": "codice"}, "margins": [AGE, CITIZENSHIP],
}  # fmt: skip
ROWS = "1;100;20;80;15;5\n2;200;50;150;30;20\n"
REFERENCES = [Reference("age", 2023, "registry"), Reference("citizenship", 2023, "registry")]


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "figures.csv"
        path.write_text("codice;tutti;minori;ita;ue;altri\n" + text, encoding="utf-8")
        return path

    return to_file


def stored():
    rows = ReferenceMargin.objects.filter(year=2023, source="registry")
    return {(one.district.code, one.variable, one.band): one.people for one in rows.select_related("district")}


def test_it_works(bring, grid, write):
    bring(grid)
    report = bring(source=write(ROWS), **FIGURES)
    assert (report.outcome, report.districts, report.flaws) == ("figures", 2, [])
    assert stored() == {
        ("1", "age", "0-17"): 20, ("1", "age", "18+"): 80, ("2", "age", "0-17"): 50, ("2", "age", "18+"): 150,
        ("1", "citizenship", "it"): 80, ("1", "citizenship", "foreign"): 20,
        ("2", "citizenship", "it"): 150, ("2", "citizenship", "foreign"): 50,
    }  # fmt: skip


def test_a_trial_changes_nothing(bring, grid, write):
    bring(grid)
    assert bring(source=write(ROWS), dry_run=True, **FIGURES).outcome == "trial"
    assert stored() == {}


def test_the_same_figures_again_replace_the_old_ones_with_all_their_bands(bring, grid, write):
    bring(grid)
    bring(source=write(ROWS), **FIGURES)
    finer = {**CITIZENSHIP, "bands": {"it": "ita", "eu": "ue", "non_eu": "altri"}}
    bring(source=write("1;100;20;70;25;5\n"), **{**FIGURES, "margins": [finer]})
    kept = {key: people for key, people in stored().items() if key[1] == "citizenship"}
    assert kept == {
        ("1", "citizenship", "it"): 70, ("1", "citizenship", "eu"): 25, ("1", "citizenship", "non_eu"): 5,
        ("2", "citizenship", "it"): 150, ("2", "citizenship", "foreign"): 50,
    }  # fmt: skip
    assert ("1", "age", "0-17") in stored()


def test_boundaries_are_recognised_as_before(tmp_path):
    """An edition is recognised by its mapping as written out: those imported before there were margins still are."""
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(MAPPING).replace("'2021-01-01'", "2021-01-01"))
    assert "margins" not in repr(read_config(tmp_path / "mapping.yaml"))


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored(bring, grid, write):
    bring(grid)
    rows = "1;100;120;80;15;5\n2;200;;150;30;20\n10;300;many;1;1;1\n99;1;1;1;0;0\n"
    report = bring(source=write(rows), **FIGURES)
    assert report.outcome == "refused"
    assert {(flaw.code, flaw.feature) for flaw in report.flaws} == {
        ("unequal-margin", "1"), ("incomplete-margin", "2"), ("not-a-number", "row 3"), ("unknown-code", "99"),
    }  # fmt: skip
    assert stored() == {}


@pytest.mark.parametrize(("ita", "refused"), [(800, False), (801, False), (802, True), (790, True)])
def test_bands_must_add_up_to_their_total(bring, grid, write, ita, refused):
    bring(grid)
    told = bring(
        source=write(f"1;1000;1;{ita};150;50\n"), **{**FIGURES, "margins": [{**CITIZENSHIP, "total": "tutti"}]}
    )
    assert (("error", "unequal-margin") in flaws(told)) == refused


def test_what_is_odd_is_kept_and_told(bring, grid, write):
    bring(grid)
    Population.objects.create(district=District.objects.get(code="1"), year=2023, source="counted", residents=110)
    report = bring(source=write("1;100;20;80;15;5\n2;0;0;0;0;0\n"), **FIGURES)
    assert report.outcome == "figures"
    assert flaws(report) == {("warning", "other-residents"), ("warning", "empty-margin")}
    assert stored()["2", "age", "18+"] == 0


def test_a_column_that_is_not_there(bring, grid, write):
    bring(grid)
    report = bring(source=write(ROWS), **{**FIGURES, "margins": [{**AGE, "total": "all"}]})
    assert [(flaw.code, flaw.feature) for flaw in report.flaws] == [("missing-field", "all")]


@pytest.mark.parametrize(
    ("margins", "told"),
    [
        ({"variable": "age"}, "margins must be a list"),
        ([{**AGE, "colour": "red"}], "margins, entry 1 has no key 'colour'"),
        ([{"variable": "age", "bands": {}}], "margins, entry 1 lacks 'source'"),
        ([{**AGE, "variable": "Età"}], "variable is 'Età'"),
        ([{**AGE, "year": "last"}], "year is 'last'"),
        ([{**AGE, "bands": ["0-17"]}], "bands must map each band"),
        ([{**AGE, "bands": {False: "minori"}}], "band is False"),
        ([{**AGE, "bands": {"0 - 17": "minori"}}], "band is '0 - 17'"),
        ([{**AGE, "total": None}], "rest is a band of its own"),
        ([{**AGE, "rest": "0-17"}], "rest is a band of its own"),
        ([AGE, AGE], "age of 2023 occurs twice"),
    ],
)
def test_a_mapping_that_is_wrong(tmp_path, margins, told):
    path = tmp_path / "mapping.yaml"
    mapping = {"attributes_of": "area", "source": "x", "fields": {"code": "codice"}, "margins": margins}
    path.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        read_config(path)


def test_boundaries_bring_no_margins(bring, grid):
    with pytest.raises(ConfigError, match="margins belong into a mapping with `attributes_of`"):
        bring(grid, margins=[AGE])


class TestParts:
    """Area 1 and 2 lie in one block, 10 and 11 in another."""

    @pytest.fixture
    def blocks(self, bring, grid):
        bring(grid)
        grid["blocco"] = ["A", "A", "B", "B"]
        bring(grid.dissolve("blocco", as_index=False), fields={"code": "blocco", "name": "blocco"}, **BLOCKS)
        return BoundaryEdition.objects.get(layer__code="block")

    def test_a_larger_district_has_the_sum(self, bring, write, blocks):
        bring(source=write(ROWS + "10;10;1;9;1;0\n"), **FIGURES)
        assert sorted(known_references(blocks)) == REFERENCES
        a = District.objects.get(edition=blocks, code="A").pk
        # Of 11 nothing is known, so of B neither.
        assert margins_of(blocks, REFERENCES) == {
            a: {"age": {"0-17": 70, "18+": 230}, "citizenship": {"it": 230, "foreign": 70}}
        }

    def test_own_figures_come_first(self, bring, write, blocks):
        bring(source=write(ROWS), **FIGURES)
        a = District.objects.get(edition=blocks, code="A")
        ReferenceMargin.objects.create(district=a, variable="age", band="0-17", year=2023, source="registry", people=7)
        told = margins_of(blocks, REFERENCES)[a.pk]
        assert told == {"age": {"0-17": 7}, "citizenship": {"it": 230, "foreign": 70}}

    def test_nothing_is_asked_for(self, blocks, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert margins_of(blocks, []) == {}
