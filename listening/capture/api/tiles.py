"""Conversations one by one as vector tiles over HTTP: close up, and to those who may read them."""

from __future__ import annotations

import json
from typing import Final

from django.contrib.gis.geos import Polygon
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from backend.http.conditional import etag_of, not_modified
from backend.http.renderers import MVTRenderer
from backend.http.vector_tiles import ADDRESS, ANSWERS, TileJSONSerializer, tile_answer, tile_named, tilejson
from districts.tiles import city_bounds
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.capture.api.filters import ConversationFilter, filtered, parameters_of
from listening.capture.api.views import PURPOSE, RecordView
from listening.fieldwork.person import person_of
from listening.records.models import Conversation
from listening.records.render import conversation_tile

# Further out, points hide each other and weigh megabytes: the squares of `tiles/density` say more.
MIN_ZOOM: Final = 14
MAX_ZOOM: Final = 20
MOST_POINTS: Final = 5_000
LAYERS: Final = {
    "conversations": (
        "Conversations with a point that you may read.",
        {"id": "String", "occurred_on": "String: a day.", "channel": "String"},
    ),
    "meta": (
        "One feature that tells of the tile.",
        {"conversations": "Number", "truncated": "Boolean: there are more; these are the newest."},
    ),
}


class ConversationTilesView(RecordView):
    """What a map needs to know of the tiles of conversations."""

    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="describe_conversation_tiles",
        parameters=parameters_of(ConversationFilter),
        responses={200: TileJSONSerializer, 304: OpenApiResponse(description="You have this description.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The TileJSON of conversations; filters stay in the address of the tiles."""
        filtered(ConversationFilter, Conversation.objects.none(), request.GET, also=frozenset())
        told = tilejson(
            request,
            name="conversations",
            description="",
            zooms=(MIN_ZOOM, MAX_ZOOM),
            bounds=city_bounds(),
            layers=LAYERS,
            params={name: value for name, value in request.GET.dict().items() if name != "format"},
        )
        body = json.dumps(told, ensure_ascii=False)
        headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


class ConversationTileView(RecordView):
    """One tile of conversations."""

    renderer_classes = [MVTRenderer]

    @extend_schema(
        operation_id="conversation_tile",
        parameters=[*ADDRESS, *parameters_of(ConversationFilter), PURPOSE],
        responses=ANSWERS,
    )
    def get(self, request: Request, z: str, x: str, y: str) -> HttpResponse:
        """The newest conversations of a tile that the person asking may read, as points with id, day and channel."""
        tile = tile_named(z, x, y, min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM)
        person = person_of(request)
        visible = filtered(
            ConversationFilter, Conversation.objects.visible_to(person), request.GET, also=frozenset()
        ).meeting(Polygon.from_bbox(tile.bbox))
        rows = list(visible.newest_first().values_list("pk", "listener_id")[: MOST_POINTS + 1])
        shown = rows[:MOST_POINTS]
        others = [pk for pk, listener in shown if listener != person.pk]
        self.check_purpose(request, others)
        body = conversation_tile([pk for pk, _ in shown], tile, truncated=len(rows) > MOST_POINTS)
        headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        if others:
            record(Verb.READ_LIST, Conversation, others, request=request)
        return tile_answer(body, headers)
