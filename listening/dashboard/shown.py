"""Which page a view is: what is counted for it, and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from backend.problems import InvalidParameter
from districts.models import Layer
from districts.simplify import simplified_geometries
from listening.dashboard.frame import Frame
from listening.dashboard.page import Page
from listening.dashboard.reading import Reading
from listening.dashboard.view_change import ChangePage
from listening.dashboard.view_clusters import ClustersPage
from listening.dashboard.view_compare import ComparePage
from listening.dashboard.view_coverage import CoveragePage
from listening.dashboard.view_hexagons import HexagonsPage, outlines
from listening.dashboard.view_trend import TrendPage
from listening.drawing.choropleth import Drawing, draw
from listening.fieldwork.scope import Scope
from listening.needmaps.annotate import Annotated, annotate
from listening.needmaps.build import build_need_map
from listening.needmaps.clusters import clusters_of
from listening.needmaps.coverage import USUAL_CONVERSATIONS, USUAL_SESSIONS, cover, propose
from listening.needmaps.grid import Windows
from listening.needmaps.hexagons import build_hexagon_map, parse_resolution
from listening.needmaps.places import parse_places_query
from listening.needmaps.series import count_series

# Metres: a pixel or two, and what the API draws with, so that the two share one cached simplification.
TOLERANCE_M = 20.0


def page_of(reading: Reading, scope: Scope, layers: Sequence[Layer], language: str) -> tuple[Frame, list[str]]:
    """The page of the view that was asked for, and what there is to say about it."""
    query, notices = reading.query, list[str]()
    if reading.view == "hexagons":
        try:
            return _hexagons(reading, scope, layers, language), notices
        except InvalidParameter:  # not of whole quarters, or too many
            notices.append(_("Hexagons are counted by whole quarters; this is the need map of the period."))
            reading = replace(reading, view="need")
    if reading.view == "trend":
        return TrendPage(build_need_map(query), count_series(query, scope), reading, layers, language), notices
    drawing = _drawing(reading)
    match reading.view:
        case "coverage":
            proposals = propose(query, affordable=USUAL_CONVERSATIONS, sessions=USUAL_SESSIONS)
            need_map = build_need_map(query)
            return CoveragePage(need_map, cover(query), proposals, reading, drawing, layers, language), notices
        case "change":
            return ChangePage(annotate(query, scope), reading, drawing, layers, language), notices
        case "clusters":
            need_map = build_need_map(query)
            return ClustersPage(need_map, clusters_of(need_map), reading, drawing, layers, language), notices
        case "compare":
            other = reading.other or Windows.of(query.period, "previous").ref
            if other is not None:
                now, then = (Annotated(build_need_map(one)) for one in (query, replace(query, period=other)))
                return ComparePage(now, then, reading, drawing, layers, language), notices
            notices.append(_("Choose the period to compare with: this one has no usual one before it."))
            reading = replace(reading, view="need")
    return Page(annotate(query, scope), reading, drawing, layers, language), notices


def _drawing(reading: Reading) -> Drawing:
    return draw(simplified_geometries(reading.query.edition, TOLERANCE_M))


def _hexagons(reading: Reading, scope: Scope, layers: Sequence[Layer], language: str) -> HexagonsPage:
    """Raises InvalidParameter where hexagons are not counted for this period, or are too many."""
    query = reading.query
    params = {"period": query.period.label, "theme": query.theme.code if query.theme else ""}
    found = build_hexagon_map(parse_places_query(params, scope), kind=query.kind, resolution=parse_resolution({}))
    districts = simplified_geometries(query.edition, TOLERANCE_M)
    return HexagonsPage(build_need_map(query), found, reading, draw(outlines(found, districts)), layers, language)
