"""Everything below /open/: for anyone, to read."""

from django.urls import path, re_path

from backend.ogc.endpoint import endpoint
from backend.ogc.urls import addresses
from listening.opendata.catalogue import open_service
from listening.opendata.doors import nothing, simple_need_map
from listening.opendata.releases import catalogue_document, release, release_feed, release_file, release_list

HOME = "/open/"

urlpatterns = [
    path("need-map.geojson", endpoint(open_service, HOME, simple_need_map, formats=("json",)), name="open-need-map"),
    path(
        "catalogue.jsonld",
        endpoint(open_service, HOME, catalogue_document, formats=("json",)),
        name="open-catalogue",
    ),
    path("feed.xml", endpoint(open_service, HOME, release_feed, formats=("json",)), name="open-feed"),
    path("releases/", endpoint(open_service, HOME, release_list), name="open-releases"),
    path("releases/<str:code>/", endpoint(open_service, HOME, release), name="open-release"),
    path(
        "releases/<str:code>/<str:name>",
        endpoint(open_service, HOME, release_file, formats=("json",)),
        name="open-release-file",
    ),
    *addresses(open_service, HOME),
    # Last: what is nowhere above is answered as everything here is.
    re_path(r"^.*$", endpoint(open_service, HOME, nothing), name="open-nothing"),
]
