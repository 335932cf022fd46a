"""Importing boundaries: what comes in, what is refused, and what is told."""

import datetime as dt
import json
import shutil

import geopandas as gpd
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from districts.importing.config import ConfigError
from districts.importing.read import UnreadableSource
from districts.models import BoundaryEdition, District, DistrictName, Layer, Membership, Population
from districts.signals import edition_activated
from tests.districts.importing.conftest import EAST, NORTH, SIDE, tile

pytestmark = pytest.mark.django_db

BLOCKS = {"layer": {"code": "block", "rank": 1, "names": {"it": "Blocco"}}, "population": None}


def flaws(report, severity=None):
    return {(flaw.severity, flaw.code) for flaw in report.flaws if severity in (None, flaw.severity)}


def test_it_works(bring, grid):
    report = bring(grid, aliases={"S. Viola": ["Santa Viola"]}, exclude_below=150)

    assert (report.outcome, report.districts, report.flaws) == ("imported", 4, [])
    edition = BoundaryEdition.objects.get()
    assert (edition.status, edition.valid_from, edition.valid_to) == ("active", dt.date(2021, 1, 1), None)
    assert list(District.objects.values_list("code", flat=True)) == ["1", "2", "10", "11"]
    first = District.objects.get(code="1")
    # 100 m squares; UTM stretches lengths by less than a thousandth here.
    assert first.area_km2 == pytest.approx(0.01, rel=2e-3)
    assert first.geometry.contains(first.point_on_surface)
    assert first.geometry.geom_type == "MultiPolygon"
    assert first.exclude_from_rates
    assert Population.objects.get(district=first).residents == 100
    assert Population.objects.filter(exclude_from_rates=True).count() == 1
    names = DistrictName.objects.filter(district__code="10")
    assert {(name.kind, name.name, name.normalised) for name in names} == {
        ("official", "S. Viola", "s viola"),
        ("alias", "Santa Viola", "s viola"),
    }


def test_the_same_again_changes_nothing(bring, grid):
    bring(grid)
    before = list(District.objects.values_list("pk", flat=True))
    report = bring(grid)
    assert (report.outcome, report.districts) == ("unchanged", 4)
    assert list(District.objects.values_list("pk", flat=True)) == before


def test_other_content_under_the_same_edition_is_refused_with_advice(bring, grid):
    bring(grid)
    grid.loc[0, "nome"] = "Altro"
    report = bring(grid)
    assert flaws(report) == {("error", "edition-exists")}
    assert "new edition code" in report.flaws[0].fix
    assert not District.objects.filter(name="Altro").exists()


def test_a_trial_tells_everything_and_changes_nothing(bring, grid):
    report = bring(grid, dry_run=True)
    assert (report.outcome, report.districts) == ("trial", 4)
    assert not Layer.objects.exists()


def test_every_flaw_is_told_at_once_and_one_error_changes_nothing(bring, grid):
    grid = gpd.GeoDataFrame(
        {
            "cod": ["1", "1", "", "11", "12", "13", "14"],
            "nome": ["A", "B", "C", "c.", "E\n", None, "G"],
            "res": ["1", "2", "3", "-4", "5", "6", "7"],
        },
        geometry=[
            tile(0, 0),
            tile(0, 0).buffer(-10),
            tile(2, 0),
            LineString([(EAST, NORTH), (EAST + 9, NORTH)]),
            tile(4, 0),
            tile(5, 0),
            None,
        ],
        crs="EPSG:32632",
    )
    report = bring(grid, expected=9)
    assert report.outcome == "refused"
    assert flaws(report) == {
        ("error", "unexpected-count"),
        ("error", "duplicate-code"),
        ("error", "missing-code"),
        ("error", "missing-name"),
        ("error", "not-a-number"),
        ("error", "empty-geometry"),
        ("error", "wrong-geometry"),
        ("warning", "name-clash"),
        ("repaired", "blank-in-text"),
    }
    assert not Layer.objects.exists()
    text = report.as_text()
    assert "refused: nothing was changed" in text
    assert "LineString" in text


def test_overlaps_and_gaps_are_measured(bring, grid):
    grid.loc[1, "geometry"] = tile(1, 0).union(tile(0, 0).intersection(tile(1, 0).buffer(0.05)))  # 5 cm over the edge
    grid = gpd.GeoDataFrame(
        {"cod": [*grid.cod, "20", "21"], "nome": [*grid.nome, "Anello", "Doppio"], "res": [*grid.res, 1, 1]},
        geometry=[
            *grid.geometry,
            tile(3, 0, 3, 3).difference(tile(4, 1)),  # a ring with a hole of 10,000 m2
            tile(3, 0, 1, 1).buffer(-2),  # inside the ring
        ],
        crs=grid.crs,
    )
    report = bring(grid)
    told = {flaw.code: flaw for flaw in report.flaws}
    assert set(told) == {"sliver-overlap", "overlap", "gap"}
    assert told["sliver-overlap"].size_m2 == pytest.approx(0.05 * SIDE, rel=0.02)
    assert told["gap"].size_m2 == pytest.approx(SIDE * SIDE, rel=1e-3)
    assert told["overlap"].severity == "error"
    assert "20 Anello" in told["overlap"].feature
    assert report.outcome == "refused"


def test_a_gap_of_centimetres_is_a_warning_and_stays(bring, grid):
    hole = Point(EAST + SIDE, NORTH + SIDE).buffer(0.2)
    grid["geometry"] = grid.geometry.difference(hole)
    report = bring(grid)
    assert (report.outcome, flaws(report)) == ("imported", {("warning", "sliver-gap")})


def test_an_invalid_polygon_is_repaired_only_when_that_changes_nearly_nothing(bring, grid):
    west, south, north, middle = EAST, NORTH, NORTH + SIDE, NORTH + SIDE / 2
    # Out and back along one line: no area, but not valid.
    spike = Polygon(
        [
            (west, south),
            (west + SIDE, south),
            (west + SIDE, north),
            (west, north),
            (west, middle),
            (west - 50, middle),
            (west, middle),
        ]
    )
    assert not spike.is_valid
    grid.loc[0, "geometry"] = spike
    assert flaws(bring(grid, dry_run=True)) == {("repaired", "invalid-geometry")}

    x, y = EAST, NORTH
    bowtie = Polygon([(x, y), (x + SIDE, y + SIDE), (x + SIDE, y), (x, y + SIDE)])
    grid.loc[0, "geometry"] = bowtie
    report = bring(grid, dry_run=True)
    refused = next(flaw for flaw in report.flaws if flaw.severity == "error")
    assert refused.code == "invalid-geometry"
    assert "largest_repair" in refused.fix


def test_nested_shells_come_in_when_the_mapping_allows_the_change(bring, grid):
    grid.loc[0, "geometry"] = MultiPolygon([tile(0, 0), tile(0, 0).buffer(-45)])
    assert bring(grid).outcome == "refused"
    report = bring(grid, largest_repair=0.02)
    assert (report.outcome, flaws(report)) == ("imported", {("repaired", "invalid-geometry")})
    assert District.objects.get(code="1").area_km2 == pytest.approx(0.01, rel=2e-3)


class TestCrs:
    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:3857", "EPSG:3003"])
    def test_any_crs_ends_up_in_the_same_place(self, bring, grid, crs):
        bring(grid.to_crs(crs))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ST_Distance(ST_Centroid(ST_Extent(geometry)::geometry)::geography,"
                " ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 32632), 4326)::geography) FROM districts_district",
                [EAST + SIDE, NORTH + SIDE],
            )
            assert cursor.fetchone()[0] < 5  # metres: Monte Mario (3003) is known to a few

    def test_metres_taken_for_degrees_are_an_error(self, bring, grid):
        report = bring(grid.set_crs("EPSG:4326", allow_override=True))
        assert ("error", "wrong-crs") in flaws(report)
        assert "EPSG:32632" in report.flaws[-1].fix

    def test_the_mapping_can_correct_the_file(self, bring, grid):
        wrong = grid.set_crs("EPSG:4326", allow_override=True)
        assert bring(wrong, crs="EPSG:32632").outcome == "imported"

    def test_an_unknown_crs_is_an_error(self, bring, grid):
        assert ("error", "unknown-crs") in flaws(bring(grid, crs="EPSG:999999"))

    def test_a_layer_elsewhere_is_another_city(self, bring, grid):
        bring(grid)
        away = grid.set_geometry(grid.geometry.translate(400_000, 0))
        assert ("error", "wrong-crs") in flaws(bring(away, **BLOCKS))

    def test_swapped_axes_are_named(self, bring, grid):
        bring(grid)
        swapped = grid.to_crs("EPSG:4326")
        swapped["geometry"] = swapped.geometry.map(lambda p: Polygon([(y, x) for x, y in p.exterior.coords]))
        assert ("error", "swapped-axes") in flaws(bring(swapped, **BLOCKS))

    def test_a_second_base_layer_is_refused(self, bring, grid):
        bring(grid)
        report = bring(grid, layer={"code": "other", "rank": 0, "names": {"it": "Altro"}})
        assert ("error", "second-base-layer") in flaws(report)


class TestFormats:
    def test_a_shapefile_with_old_letters_and_short_fields(self, bring, grid, tmp_path):
        folder = tmp_path / "shp"
        folder.mkdir()
        grid.to_file(folder / "aree.shp", encoding="ISO-8859-1")
        for suffix in (".cpg",):
            (folder / f"aree{suffix}").unlink(missing_ok=True)
        assert bring(source=folder / "aree.shp", encoding="ISO-8859-1").outcome == "imported"
        assert District.objects.get(code="1").name == "Città bassa"

    def test_a_zipped_shapefile(self, bring, grid, tmp_path):
        folder = tmp_path / "shp"
        folder.mkdir()
        grid.to_file(folder / "aree.shp")
        archive = shutil.make_archive(str(tmp_path / "aree"), "zip", folder)
        from pathlib import Path

        assert bring(source=Path(archive)).outcome == "imported"

    def test_geojson_in_degrees(self, bring, grid, tmp_path):
        path = tmp_path / "aree.geojson"
        grid.to_crs(4326).to_file(path)
        assert bring(source=path).outcome == "imported"

    def test_csv_with_wkt(self, bring, grid, tmp_path):
        path = tmp_path / "aree.csv"
        degrees = grid.to_crs(4326)
        degrees.assign(wkt=degrees.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False, sep=";")
        report = bring(source=path)
        assert (report.outcome, flaws(report)) == ("imported", {("warning", "no-crs")})

    def test_codes_are_made_from_names_when_the_source_has_none(self, bring, grid):
        bring(grid, fields={"name": "nome"})
        assert set(District.objects.values_list("code", flat=True)) == {"citta-bassa", "borgo", "s-viola", "colle"}

    @pytest.mark.parametrize("content", [b"", b"not json", b"\x00\xff" * 50])
    def test_an_unreadable_file_says_what_would_be_right(self, bring, tmp_path, content):
        path = tmp_path / "aree.geojson"
        path.write_bytes(content)
        with pytest.raises(UnreadableSource, match="GeoJSON, GeoPackage"):
            bring(source=path)

    def test_a_missing_file_is_named(self, bring, tmp_path):
        with pytest.raises(UnreadableSource, match=r"no file .*gone\.geojson"):
            bring(source=tmp_path / "gone.geojson")


class TestMapping:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"colour": "red"}, "no key 'colour'"),
            ({"layer": {"code": "x"}}, "lacks 'names'"),
            ({"layer": {"code": "x", "rank": "base", "names": {}}}, "rank is 'base'"),
            ({"edition": {"code": "x", "valid_from": "soon"}}, "valid_from is 'soon'"),
            ({"fields": {"code": "cod"}}, "fields lacks 'name'"),
            ({"fields": None}, "lacks 'fields'"),
            ({"population": {"field": "res"}}, "population lacks 'source'"),
            ({"aliases": ["x"]}, "aliases must map"),
        ],
    )
    def test_a_mistake_is_named(self, bring, grid, change, says):
        with pytest.raises(ConfigError, match=says):
            bring(grid, **change)

    def test_a_field_that_the_file_lacks_is_named_with_those_it_has(self, bring, grid):
        report = bring(grid, fields={"code": "codice", "name": "nome"})
        assert flaws(report) == {("error", "missing-field")}
        assert "cod, nome, res" in report.flaws[0].fix


class TestEditions:
    def test_a_later_edition_ends_the_one_before(self, bring, grid):
        bring(grid)
        grid.loc[3, "cod"] = "12"
        report = bring(grid, edition={"code": "2025", "valid_from": "2025-01-01"})
        assert report.outcome == "imported"
        old, new = BoundaryEdition.objects.order_by("valid_from")
        assert (old.valid_to, new.valid_to) == (dt.date(2025, 1, 1), None)
        on = {
            day: set(District.objects.valid_on(day).values_list("code", flat=True))
            for day in (dt.date(2024, 12, 31), dt.date(2025, 1, 1))
        }
        assert on == {dt.date(2024, 12, 31): {"1", "2", "10", "11"}, dt.date(2025, 1, 1): {"1", "2", "10", "12"}}

    def test_an_edition_before_the_one_in_force_is_refused(self, bring, grid):
        bring(grid, edition={"code": "2025", "valid_from": "2025-01-01"})
        grid.loc[0, "nome"] = "Prima"
        assert ("error", "older-edition") in flaws(bring(grid))

    def test_when_a_follower_fails_the_old_boundaries_stay_in_force(self, bring, grid):
        bring(grid)

        def fail(**kwargs):
            raise RuntimeError("records could not follow")

        edition_activated.connect(fail)
        try:
            with pytest.raises(RuntimeError, match="could not follow"):
                bring(grid, edition={"code": "2025", "valid_from": "2025-01-01"})
        finally:
            edition_activated.disconnect(fail)
        assert BoundaryEdition.objects.active().get().valid_to is None

    def test_another_rank_for_a_layer_is_refused(self, bring, grid):
        bring(grid, **BLOCKS)
        report = bring(
            grid,
            **{**BLOCKS, "layer": {**BLOCKS["layer"], "rank": 2}},
            edition={"code": "b", "valid_from": "2025-01-01"},
        )
        assert ("error", "other-rank") in flaws(report)


class TestMemberships:
    def blocks(self, *geometries):
        return gpd.GeoDataFrame(
            {"cod": [f"B{n}" for n in range(len(geometries))], "nome": [f"Blocco {n}" for n in range(len(geometries))]},
            geometry=list(geometries),
            crs="EPSG:32632",
        )

    def shares(self):
        return {
            (m.child.code, m.parent.code): (round(m.share_of_area, 3), m.share_of_population, m.is_main)
            for m in Membership.objects.select_related("child", "parent")
        }

    def test_nested_layers(self, bring, grid):
        bring(grid)
        report = bring(self.blocks(tile(0, 0, 2, 1), tile(0, 1, 2, 1)), **BLOCKS)
        assert report.flaws == []
        assert self.shares() == {
            ("1", "B0"): (1, 1, True),
            ("2", "B0"): (1, 1, True),
            ("10", "B1"): (1, 1, True),
            ("11", "B1"): (1, 1, True),
        }

    def test_a_district_across_a_border_has_two_parents_and_one_main(self, bring, grid):
        bring(grid)
        wide = Polygon([(EAST, NORTH), (EAST + 130, NORTH), (EAST + 130, NORTH + 200), (EAST, NORTH + 200)])
        rest = tile(0, 0, 2, 2).difference(wide)
        bring(self.blocks(wide, rest), **BLOCKS)
        shares = self.shares()
        assert shares["1", "B0"] == (1, 1, True)
        assert shares["2", "B0"][0] == pytest.approx(0.3, abs=2e-3)
        assert shares["2", "B1"][0] == pytest.approx(0.7, abs=2e-3)
        assert (shares["2", "B0"][2], shares["2", "B1"][2]) == (False, True)

    def test_residents_of_a_coarse_child_are_those_of_the_base_districts_in_it(self, bring, grid):
        bring(grid)
        bring(self.blocks(tile(0, 0, 2, 1), tile(0, 1, 2, 1)), **BLOCKS)
        halves = self.blocks(tile(0, 0, 1, 2), tile(1, 0, 1, 2))
        bring(halves, layer={"code": "half", "rank": 2, "names": {"it": "Metà"}}, population=None)
        by_residents = {
            (m.child.code, m.parent.edition.layer.code, m.parent.code): m.share_of_population
            for m in Membership.objects.filter(child__edition__layer__code="block").select_related(
                "child", "parent__edition__layer"
            )
        }
        # B0 holds 100 residents in the west and 200 in the east, B1 300 and 400.
        assert by_residents["B0", "half", "B0"] == pytest.approx(1 / 3)
        assert by_residents["B1", "half", "B1"] == pytest.approx(4 / 7)

    def test_parallel_layers_are_not_parents_of_each_other(self, bring, grid):
        bring(grid)
        bring(self.blocks(tile(0, 0, 2, 2)), **BLOCKS)
        bring(
            self.blocks(tile(0, 0, 1, 2), tile(1, 0, 1, 2)),
            **{**BLOCKS, "layer": {"code": "strip", "rank": 1, "names": {"it": "Striscia"}}},
        )
        assert {child for child, _ in self.shares()} == {"1", "2", "10", "11"}

    def test_what_a_layer_does_not_cover_is_told(self, bring, grid):
        bring(grid)
        report = bring(self.blocks(tile(0, 0, 2, 1), tile(0, 1), tile(5, 5)), **BLOCKS)
        told = {flaw.feature: flaw for flaw in report.flaws}
        assert set(told) == {"area 11 Colle", "block B2 Blocco 2"}
        assert told["area 11 Colle"].size_m2 == pytest.approx(SIDE * SIDE, rel=5e-3)
        assert report.outcome == "imported"


class TestFigures:
    FIGURES = {
        "layer": None, "edition": None, "licence": None, "attributes_of": "area",
        "fields": {"code": "codice", "exclude_from_rates": "esclusa"},
        "population": {"field": "residenti", "year": 2023, "source": "registry"},
    }  # fmt: skip

    def write(self, tmp_path, text):
        path = tmp_path / "figures.csv"
        path.write_text("codice;residenti;esclusa\n" + text, encoding="utf-8-sig")
        return path

    def test_figures_join_by_code(self, bring, grid, tmp_path):
        bring(grid)
        report = bring(source=self.write(tmp_path, "1;111;1\n2;222;0\n"), **self.FIGURES)
        assert report.outcome == "figures"
        assert Population.objects.get(district__code="1", year=2023).residents == 111
        assert set(District.objects.filter(exclude_from_rates=True).values_list("code", flat=True)) == {"1"}

    def test_one_bad_row_changes_nothing_and_all_are_told(self, bring, grid, tmp_path):
        bring(grid)
        report = bring(source=self.write(tmp_path, "1;111;1\n99;5;0\n2;many;0\n2;5;0\n"), **self.FIGURES)
        assert flaws(report) == {("error", "unknown-code"), ("error", "duplicate-code"), ("error", "not-a-number")}
        assert not Population.objects.filter(year=2023).exists()


class TestCommand:
    def test_it_prints_the_report_and_fails_when_refused(self, grid, tmp_path, bring, capsys):
        bring(grid)  # writes mapping.yaml and layer.geojson
        files = {"config": tmp_path / "mapping.yaml", "source": tmp_path / "layer.geojson"}
        call_command("import_districts", **files)
        assert "unchanged" in capsys.readouterr().out
        call_command("import_districts", **files, json=True)
        assert json.loads(capsys.readouterr().out)["outcome"] == "unchanged"
        grid.loc[0, "nome"] = "Altro"
        files["source"].unlink()
        grid.to_file(files["source"])
        with pytest.raises(CommandError, match="refused"):
            call_command("import_districts", **files)
        assert "edition-exists" in capsys.readouterr().out
        with pytest.raises(CommandError, match="no file"):
            call_command("import_districts", config=files["config"], source=tmp_path / "gone.geojson")


class TestDefaultLayer:
    """Which layer maps show when none is asked for: a mapping that does not say so leaves it as it is."""

    def default(self) -> list[str]:
        return list(Layer.objects.filter(is_default=True).values_list("code", flat=True))

    def test_it_stays_and_moves(self, bring, grid):
        area = {"code": "area", "rank": 0, "names": {"it": "Area"}}
        bring(grid, layer={**area, "default": True})
        assert self.default() == ["area"]
        later = {"code": "2025", "valid_from": dt.date(2025, 1, 1)}
        assert bring(grid, layer=area, edition=later).outcome == "imported"
        assert self.default() == ["area"]
        bring(grid, **{**BLOCKS, "layer": {**BLOCKS["layer"], "default": True}})
        assert self.default() == ["block"]

    def test_what_is_no_answer(self, bring, grid):
        with pytest.raises(ConfigError, match=r"layer\.default"):
            bring(grid, layer={"code": "area", "rank": 0, "names": {"it": "Area"}, "default": "maybe"})
