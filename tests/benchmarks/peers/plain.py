"""A plain djangorestframework-gis project over the tables of the product: what one writes in an afternoon.

No sign-in, no audit, no limits, no middleware; the defaults of the packages, with their own pages of GeoJSON.
Served by granian from an environment that lacks the product.
"""

# Django wants its settings before its parts are imported.
# ruff: noqa: E402

from __future__ import annotations

import os
from typing import ClassVar

from django.conf import settings

from backend.geo.libraries import gdal_library, geos_library

settings.configure(
    SECRET_KEY="of no use",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.gis", "rest_framework", "rest_framework_gis"],
    GDAL_LIBRARY_PATH=gdal_library(),
    GEOS_LIBRARY_PATH=geos_library(),
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis",
            "HOST": os.environ["PEER_HOST"],
            "PORT": os.environ["PEER_PORT"],
            "NAME": os.environ["PEER_NAME"],
            "USER": os.environ["PEER_USER"],
            "PASSWORD": os.environ["PEER_PASSWORD"],
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "PAGE_SIZE": 100,
    },
)

import django

django.setup()

from django.contrib.gis.db import models
from django.core.wsgi import get_wsgi_application
from django.db.models import Count, Q
from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_gis.filters import InBBoxFilter
from rest_framework_gis.pagination import GeoJsonPagination
from rest_framework_gis.serializers import GeoFeatureModelSerializer


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    occurred_on = models.DateField()
    channel = models.CharField(max_length=12)
    language = models.CharField(max_length=35)
    people_count = models.SmallIntegerField()
    summary = models.TextField()
    location = models.PointField(srid=4326, null=True)
    district_id = models.BigIntegerField(null=True)

    class Meta:
        app_label = "plain"
        managed = False
        db_table = "records_conversation"
        ordering: ClassVar = ["-occurred_at", "-id"]


class Theme(models.Model):
    code = models.CharField(max_length=40)
    parent = models.ForeignKey("self", models.DO_NOTHING, null=True)

    class Meta:
        app_label = "plain"
        managed = False
        db_table = "codelists_theme"


class Finding(models.Model):
    id = models.UUIDField(primary_key=True)
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING)

    class Meta:
        app_label = "plain"
        managed = False
        db_table = "records_finding"


class FindingTheme(models.Model):
    finding = models.ForeignKey(Finding, models.DO_NOTHING)
    theme = models.ForeignKey(Theme, models.DO_NOTHING)

    class Meta:
        app_label = "plain"
        managed = False
        db_table = "records_findingtheme"


class ConversationSerializer(GeoFeatureModelSerializer):
    class Meta:
        model = Conversation
        geo_field = "location"
        fields = (
            "id", "occurred_at", "occurred_on", "channel", "language", "people_count", "summary", "district_id",
            "location",
        )  # fmt: skip


class Conversations(ListAPIView):
    """Pages of GeoJSON in a box."""

    queryset = Conversation.objects.all()
    serializer_class = ConversationSerializer
    pagination_class = GeoJsonPagination
    filter_backends: ClassVar = [InBBoxFilter]
    bbox_filter_field = "location"


class NeedMap(APIView):
    """Which districts mention a theme, counted from the records by the ORM. Without geometry."""

    def get(self, request) -> Response:
        asked = request.query_params
        within = {"occurred_on__gte": asked["first"], "occurred_on__lt": asked["until"]}
        heard = dict(
            Conversation.objects.filter(**within).order_by().values_list("district_id").annotate(number=Count("id"))
        )
        mentioning = dict(
            FindingTheme.objects.filter(
                Q(theme__code=asked["theme"]) | Q(theme__parent__code=asked["theme"]),
                **{f"finding__conversation__{name}": value for name, value in within.items()},
            )
            .values_list("finding__conversation__district_id")
            .annotate(number=Count("finding__conversation_id", distinct=True))
        )
        return Response(
            [
                {"district": district, "conversations": number, "mentioning": mentioning.get(district, 0)}
                for district, number in heard.items()
            ]
        )


urlpatterns = [path("conversations/", Conversations.as_view()), path("need-map/", NeedMap.as_view())]
application = get_wsgi_application()
