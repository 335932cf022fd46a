"""Which layer a city publishes by the quarter, whatever layers it has."""

from __future__ import annotations

import pytest

from districts.models import BoundaryEdition, District, Layer
from listening.publishing.errors import NothingToPublish
from listening.publishing.geography import read_geography
from listening.publishing.propose import publish_release
from tests.listening.publishing.conftest import QUARTER

pytestmark = pytest.mark.django_db


def remove(*layers: str) -> None:
    District.objects.filter(edition__layer__code__in=layers).delete()
    BoundaryEdition.objects.filter(layer__code__in=layers).delete()
    Layer.objects.filter(code__in=layers).delete()


def test_it_works(city):
    found = read_geography(2026)
    assert (found.publication, found.base, found.above) == ("zona", "area", "quartiere")
    assert [place.code for place in found.of("zona")] == ["A", "B", "C"]
    assert found.of("area")[0].parents == {"prossimita": {"west": 1.0}, "quartiere": {"10": 1.0}, "zona": {"A": 1.0}}
    assert found.of("zona")[0].parents == {"quartiere": {"10": 1.0}}


def test_a_city_with_one_layer_publishes_that_one(city, told_quarter, steward, second_steward):
    remove("zona", "prossimita", "quartiere")
    found = read_geography(2026)
    assert (found.publication, found.base, found.above, found.has_areas) == ("area", "area", None, False)
    release = publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
    assert set(release.cells.values_list("layer", flat=True)) == {"area"}
    assert release.audit["passed"]


def test_a_city_without_a_layer_between_publishes_its_base_and_the_sum(city):
    remove("zona", "prossimita")
    found = read_geography(2026)
    assert (found.publication, found.above) == ("area", "quartiere")
    assert found.of("area")[0].parents == {"quartiere": {"10": 1.0}}


def test_the_layer_can_be_named(city, settings):
    settings.PUBLICATION_LAYER = "prossimita"
    assert read_geography(2026).publication == "prossimita"
    settings.PUBLICATION_LAYER = "borough"
    with pytest.raises(NothingToPublish, match="borough"):
        read_geography(2026)


def test_the_same_places_have_the_same_version(city):
    version = read_geography(2026).version
    assert read_geography(2026).version == version
    District.objects.filter(pk=city.area(5).pk).update(code="5b")
    assert read_geography(2026).version != version


def test_boundaries_are_those_of_the_districts_with_the_right_hand_rule(city):
    """RFC 7946, section 3.1.6."""
    import shapely

    for place in read_geography(2026).places:
        shape = shapely.from_wkb(place.geometry)
        assert all(part.exterior.is_ccw for part in shape.geoms)
        own = shapely.from_wkb(bytes(District.objects.get(pk=place.district_id).geometry.wkb))
        assert shape.symmetric_difference(own).area < 1e-12
