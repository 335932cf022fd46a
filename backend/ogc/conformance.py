"""The conformance classes that this service claims. A test of each bears its name."""

from typing import Final

_COMMON = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
_COMMON_2 = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_CRS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_FILTER = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_TMS = "http://www.opengis.net/spec/tms/2.0/conf/"

CLASSES: Final = (
    f"{_COMMON}core",
    f"{_COMMON}json",
    f"{_COMMON}html",
    f"{_COMMON}oas30",
    f"{_COMMON_2}collections",
    f"{_FEATURES}core",
    f"{_FEATURES}oas30",
    f"{_FEATURES}html",
    f"{_FEATURES}geojson",
    f"{_CRS}crs",
    f"{_FILTER}queryables",
    f"{_FILTER}queryables-query-parameters",
    f"{_FILTER}filter",
    f"{_FILTER}features-filter",
    f"{_CQL2}cql2-text",
    f"{_CQL2}cql2-json",
    f"{_CQL2}basic-cql2",
    f"{_CQL2}advanced-comparison-operators",
    f"{_CQL2}case-insensitive-comparison",
    f"{_CQL2}basic-spatial-functions",
    f"{_CQL2}basic-spatial-functions-plus",
    f"{_CQL2}spatial-functions",
    f"{_CQL2}property-property",
    f"{_TILES}core",
    f"{_TILES}tileset",
    f"{_TILES}tilesets-list",
    f"{_TILES}geodata-tilesets",
    f"{_TILES}mvt",
    f"{_TILES}oas30",
    f"{_TMS}tilematrixset",
    f"{_TMS}json-tilematrixset",
)
