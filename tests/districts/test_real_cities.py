"""The boundary files of three real cities, with the traps that their READMEs list.

The files are not part of this repository (their licences differ); where they lie beside it, they are imported.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection, transaction

from districts.importing.report import ImportReport
from districts.importing.run import import_edition
from districts.locate import locate
from districts.models import BoundaryEdition, District, DistrictName, Membership, Population

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
CITIES = Path(settings.BASE_DIR) / "fixtures" / "cities"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the cities' own boundary files do not lie beside this checkout"),
]

BOLOGNA = {
    "aree_statistiche": ("aree_statistiche.geojson", 90),
    "zone": ("zone.geojson", 18),
    "zone_prossimita": ("zone_prossimita.geojson", 25),
    "quartieri": ("quartieri.geojson", 6),
    "comune": ("comune.geojson", 1),
}


def bring(city: str, config: str, source: str) -> ImportReport:
    return import_edition(CITIES / city / f"{config}.yaml", DATA / city / source)


def features(name: str) -> list[dict]:
    return json.loads((DATA / "bologna" / f"{name}.geojson").read_text())["features"]


@pytest.fixture(scope="module")
def bologna(django_db_setup, django_db_blocker):
    """All layers of Bologna, imported once for this module and taken back after it."""
    with django_db_blocker.unblock():
        undo = transaction.atomic()
        undo.__enter__()
        try:
            reports = {config: bring("bologna", config, source) for config, (source, _) in BOLOGNA.items()}
            reports["fragilita_2021"] = bring("bologna", "fragilita_2021", "indici_fragilita_2021.csv")
            yield reports
        finally:
            transaction.set_rollback(True)
            undo.__exit__(None, None, None)


@pytest.fixture
def stay(bologna, django_db_blocker):
    """Look at the imported city; what a test changes is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield bologna
        transaction.set_rollback(True)


class TestBologna:
    @pytest.mark.parametrize(("config", "number"), [(config, number) for config, (_, number) in BOLOGNA.items()])
    def test_every_layer_comes_in_whole(self, stay, config, number):
        report = stay[config]
        assert (report.outcome, report.districts) == ("imported", number)
        assert BoundaryEdition.objects.get(layer__code=report.layer).districts.count() == number

    def test_slivers_are_told_and_nothing_is_altered(self, stay):
        told = [flaw.code for flaw in stay["aree_statistiche"].flaws]
        assert (told.count("sliver-gap"), told.count("sliver-overlap")) == (6, 6)
        overlap = sum(f.size_m2 for f in stay["aree_statistiche"].flaws if f.code == "sliver-overlap")
        assert overlap == pytest.approx(3.4, abs=0.1)
        assert not [f for f in stay["aree_statistiche"].flaws if f.severity != "warning"]

    def test_areas_agree_with_the_published_ones(self, stay):
        published = {
            str(f["properties"]["codice_area_statistica"]): f["properties"]["area_km2"]
            for f in features("aree_statistiche")
        }
        for district in District.objects.in_layer("area-statistica"):
            # Published planar in UTM 32N, measured here on the ellipsoid.
            assert district.area_km2 == pytest.approx(published[district.code], rel=2e-3, abs=2e-4)

    def test_codes_sort_as_people_count(self, stay):
        codes = list(District.objects.in_layer("area-statistica").values_list("code", flat=True))
        assert codes == [str(number) for number in range(1, 91)]

    def test_the_two_middle_layers_cross(self, stay):
        main = Membership.objects.filter(is_main=True, child__edition__layer__code="area-statistica")
        zona = dict(main.filter(parent__edition__layer__code="zona").values_list("child__code", "parent__name"))
        crossing = {}
        for child, name in main.filter(parent__edition__layer__code="zona-prossimita").values_list(
            "child__code", "parent__name"
        ):
            crossing.setdefault(name, set()).add(zona[child])
        assert {name: zones for name, zones in crossing.items() if len(zones) > 1} == {
            "BEVERARA": {"Bolognina", "Lame"},
            "CORTICELLA - DOZZA": {"Bolognina", "Corticella"},
            "MALPIGHI": {"Malpighi", "Marconi"},
            "LUNGO SAVENA": {"Mazzini", "S. Ruffillo"},
        }

    def test_memberships_computed_from_geometry_agree_with_the_columns_of_the_source(self, stay):
        for layer, column in (("zona", "cod_zona"), ("quartiere", "cod_quar")):
            told = {
                str(f["properties"]["codice_area_statistica"]): str(f["properties"][column])
                for f in features("aree_statistiche")
            }
            computed = dict(
                Membership.objects.filter(
                    is_main=True, child__edition__layer__code="area-statistica", parent__edition__layer__code=layer
                ).values_list("child__code", "parent__code")
            )
            assert computed == told

    def test_irnerio_lies_in_santo_stefano_whatever_the_population_series_says(self, stay):
        parent = Membership.objects.get(
            child__name="Irnerio", child__edition__layer__code="zona", parent__edition__layer__code="quartiere"
        )
        assert parent.parent.name == "Santo Stefano"
        assert parent.share_of_population == pytest.approx(1)

    def test_residents_of_the_quartieri_are_those_of_their_zone(self, stay):
        zone = Population.objects.filter(district__edition__layer__code="zona", year=2023)
        quartieri = Population.objects.filter(district__edition__layer__code="quartiere", year=2023)
        assert sum(p.residents for p in zone) == sum(p.residents for p in quartieri) == 391_393

    def test_eleven_areas_are_no_denominators(self, stay):
        excluded = District.objects.in_layer("area-statistica").filter(exclude_from_rates=True)
        assert excluded.count() == 11
        assert max(Population.objects.filter(district__in=excluded).values_list("residents", flat=True)) < 150
        assert Population.objects.filter(source="Indici di fragilità", exclude_from_rates=True).count() == 11

    def test_abbreviated_saints_are_found_by_their_full_names(self, stay):
        from districts.names import normalise

        for name in ("Santa Viola", "San Vitale", "s. ruffillo", "PORTO SARAGOZZA"):
            assert DistrictName.objects.filter(normalised=normalise(name)).exists(), name

    @pytest.mark.parametrize(("name", "number"), [("risorse_sociali", 594), ("biblioteche", 18)])
    def test_every_service_point_falls_into_its_published_quartiere(self, stay, name, number):
        points = features(name)
        assert len(points) == number
        quartiere = dict(
            Membership.objects.filter(
                is_main=True, child__edition__layer__code="area-statistica", parent__edition__layer__code="quartiere"
            ).values_list("child_id", "parent__name")
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT districts_locate(ST_SetSRID(ST_MakePoint(x, y), 4326)) FROM unnest(%s::float8[], %s::float8[])"
                " WITH ORDINALITY AS p (x, y, n) ORDER BY n",
                [[f["geometry"]["coordinates"][axis] for f in points] for axis in (0, 1)],
            )
            located = [row[0] for row in cursor.fetchall()]
        published = [f["properties"]["quartiere"] for f in points]
        assert [quartiere[pk].replace(" - ", " ") for pk in located] == [q.replace(" - ", " ") for q in published]

    def test_a_point_in_a_sliver_belongs_somewhere(self, stay):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface((ST_Dump(ST_Difference("
                "ST_MakePolygon(ST_ExteriorRing(u)), u))).geom) AS p "
                "FROM (SELECT (ST_Dump(ST_Union(d.geometry))).geom AS u "
                "FROM districts_district d JOIN districts_boundaryedition e ON e.id = d.edition_id"
                " JOIN districts_layer l ON l.id = e.layer_id AND l.rank = 0) AS parts) AS holes"
            )
            holes = cursor.fetchall()
        assert len(holes) == 6
        assert {locate(Point(x, y, srid=4326)).how for x, y in holes} == {"nearest"}

    def test_the_utm_shapefile_is_the_same_layer(self, stay):
        BoundaryEdition.objects.filter(layer__code="zona").delete()
        report = bring("bologna", "zone_utm32", "zone_utm32_shp.zip")
        assert (report.outcome, report.districts) == ("imported", 18)
        degrees = gpd.read_file(DATA / "bologna" / "zone.geojson").to_crs(32632).set_index("cod_zona")
        for district in District.objects.in_layer("zona"):
            utm = gpd.GeoSeries.from_wkb([bytes(district.geometry.wkb)], crs=4326).to_crs(32632)[0]
            assert utm.hausdorff_distance(degrees.geometry[district.code]) < 1  # metre

    def test_another_city_is_refused_here(self, stay):
        report = bring("bogota", "localidades", "localidades.geojson")
        assert {f.code for f in report.flaws if f.severity == "error"} == {"second-base-layer", "wrong-crs"}


@pytest.mark.django_db
class TestSanJose:
    def test_it_comes_in_with_its_nested_shell_repaired(self):
        report = bring("san-jose", "neighborhoods", "neighborhoods.geojson")
        assert (report.outcome, report.districts) == ("imported", 18)
        (repair,) = [flaw for flaw in report.flaws if flaw.severity == "repaired"]
        assert (repair.code, repair.feature) == ("invalid-geometry", "santa-teresa Santa Teresa")
        with connection.cursor() as cursor:
            cursor.execute("SELECT bool_and(ST_IsValid(geometry)), sum(area_km2) FROM districts_district")
            valid, km2 = cursor.fetchone()
        assert valid
        assert km2 == pytest.approx(342, rel=0.01)

    def test_without_leave_to_change_so_much_it_is_refused(self, tmp_path):
        text = (CITIES / "san-jose" / "neighborhoods.yaml").read_text().replace("largest_repair: 0.03\n", "")
        (tmp_path / "strict.yaml").write_text(text)
        report = import_edition(tmp_path / "strict.yaml", DATA / "san-jose" / "neighborhoods.geojson")
        assert [f.code for f in report.flaws if f.severity == "error"] == ["invalid-geometry"]


@pytest.mark.django_db
class TestBogota:
    def test_it_comes_in_with_a_clean_name_and_without_sumapaz(self):
        report = bring("bogota", "localidades", "localidades.geojson")
        assert (report.outcome, report.districts) == ("imported", 19)
        (repair,) = [flaw for flaw in report.flaws if flaw.severity == "repaired"]
        assert (repair.code, "Ciudad Bolivar\\n" in repair.detail) == ("blank-in-text", True)
        assert District.objects.get(code="ciudad-bolivar").name == "Ciudad Bolivar"
        assert not District.objects.filter(code="sumapaz").exists()
