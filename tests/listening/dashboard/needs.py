"""Need maps for tests that need no database."""

from __future__ import annotations

from backend.periods import Period
from districts.models import BoundaryEdition, Layer
from listening.codelists.models import Theme
from listening.needmaps.build import CityNeed, DistrictNeed, NeedMap, NeedMapQuery

NOTHING = CityNeed(0, 0, 0)


def need(name: str, conversations: int, mentioning: int, number: int = 0) -> DistrictNeed:
    return DistrictNeed(conversations, mentioning, mentioning, district_id=number, code=name, name=name)


def need_map(
    *needs: DistrictNeed, theme: str | None = "housing", kind: str | None = None, unplaced: CityNeed = NOTHING
) -> NeedMap:
    layer = Layer(code="zona", rank=0, names={"it": "Zona", "en": "Zone"})
    return NeedMap(
        query=NeedMapQuery(
            layer=layer, period=Period.year(2026), theme=Theme(pk=1, code=theme) if theme else None, kind=kind
        ),
        edition=BoundaryEdition(layer=layer, code="2026", source="Drawn for tests", licence="CC0-1.0"),
        districts=needs,
        city=CityNeed(
            *(
                sum(getattr(each, field) for each in (*needs, unplaced))
                for field in ("conversations", "mentioning", "mentions")
            )
        ),
        unplaced=unplaced,
    )
