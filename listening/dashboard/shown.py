"""Which page a view is: what is counted for it, and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from backend.problems import InvalidParameter
from districts.models import Layer
from districts.simplify import simplified_geometries
from listening.dashboard.frame import TOLERANCE_M, Frame
from listening.dashboard.page import Page
from listening.dashboard.reading import Reading
from listening.dashboard.view_change import ChangePage
from listening.dashboard.view_clusters import ClustersPage
from listening.dashboard.view_compare import ComparePage
from listening.dashboard.view_coverage import CoveragePage
from listening.dashboard.view_hexagons import HexagonsPage, outlines
from listening.dashboard.view_trend import TrendPage
from listening.drawing.choropleth import draw
from listening.fieldwork.scope import Scope
from listening.needmaps.annotate import Annotated, annotate
from listening.needmaps.build import build_need_map
from listening.needmaps.clusters import clusters_of
from listening.needmaps.coverage import USUAL_CONVERSATIONS, USUAL_SESSIONS, Lately, Proposal, cover, propose
from listening.needmaps.grid import Windows
from listening.needmaps.hexagons import build_hexagon_map, parse_resolution
from listening.needmaps.outlines import map_geometries
from listening.needmaps.places import parse_places_query
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.series import count_series
from listening.needmaps.tiers import NotInRelease


def page_of(reading: Reading, scope: Scope, layers: Sequence[Layer], language: str) -> tuple[Frame, list[str]]:
    """The page of the view that was asked for, and what there is to say about it."""
    query, notices = reading.query, list[str]()
    if reading.view == "hexagons":
        try:
            return _hexagons(reading, scope, layers, language), notices
        except InvalidParameter:  # not of whole quarters, too many, or published without
            notices.append(_("There are no hexagons of this period; this is its need map."))
            reading = replace(reading, view="need")
    if reading.view == "trend":
        return TrendPage(build_need_map(query), count_series(query, scope), reading, layers, language), notices
    # Trends of all themes are compared for the two views that tell them.
    told = annotate(query, scope) if reading.view in {"need", "change"} else Annotated(build_need_map(query))
    need_map = told.need_map
    drawing = draw(map_geometries(need_map, TOLERANCE_M))
    match reading.view:
        case "coverage":
            return CoveragePage(need_map, cover(query), _proposals(query), reading, drawing, layers, language), notices
        case "change":
            return ChangePage(told, reading, drawing, layers, language), notices
        case "clusters":
            return ClustersPage(need_map, clusters_of(need_map), reading, drawing, layers, language), notices
        case "compare":
            other = reading.other or Windows.of(query.period, "previous").ref
            if other is not None and query.tier.reads(other):
                then = build_need_map(replace(query, period=other, source=query.tier.source(other)))
                return ComparePage(told, Annotated(then), reading, drawing, layers, language), notices
            notices.append(_("Choose the period to compare with: this one has no usual one before it."))
            reading, told = replace(reading, view="need"), annotate(query, scope)
    return Page(told, reading, drawing, layers, language), notices


def _proposals(query: NeedMapQuery) -> list[Proposal]:
    """Where to listen next; nowhere, where what was published does not tell."""
    try:
        return propose(query, Lately.of(query), affordable=USUAL_CONVERSATIONS, sessions=USUAL_SESSIONS)
    except NotInRelease:
        return []


def _hexagons(reading: Reading, scope: Scope, layers: Sequence[Layer], language: str) -> HexagonsPage:
    """Raises InvalidParameter where hexagons are not counted for this period, or are too many."""
    query = reading.query
    params = {"period": query.period.label, "theme": query.theme.code if query.theme else ""}
    found = build_hexagon_map(parse_places_query(params, scope), kind=query.kind, resolution=parse_resolution({}))
    districts = simplified_geometries(query.edition, TOLERANCE_M)
    return HexagonsPage(build_need_map(query), found, reading, draw(outlines(found, districts)), layers, language)
