"""The catalogue of releases: DCAT-AP 3 as JSON-LD. Pure: values in, a document out.

References
----------
W3C, *Data Catalog Vocabulary (DCAT) version 3* (2024). SEMIC, *DCAT-AP 3.0*: what a catalogue, a dataset and a
distribution of a public body must say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from backend.periods import Period
from listening.releases.licences import licence_url

AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
LANGUAGES: Final = {"it": "ITA", "en": "ENG", "es": "SPA", "fr": "FRA", "de": "DEU", "pt": "POR", "ar": "ARA"}
FILE_TYPES: Final = {
    ".geojson": "GEOJSON", ".geojsonl": "GEOJSON", ".csv": "CSV", ".json": "JSON", ".gpkg": "GPKG", ".xlsx": "XLSX",
    ".parquet": "PARQUET",
}  # fmt: skip
CONTEXT: Final = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "prov": "http://www.w3.org/ns/prov#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
TITLES: Final = {"en": "Need map", "it": "Mappa dei bisogni"}
DESCRIPTIONS: Final = {
    "en": "Which share of the conversations held in a place mention a theme, with how sure that is. Counts are rounded"
    " by systematic controlled rounding; nothing about a single conversation can be told from them.",
    "it": "Quale quota delle conversazioni avvenute in un luogo parla di un tema, e con quale certezza. I conteggi"
    " sono arrotondati in modo controllato e sistematico; nulla di una singola conversazione se ne può ricavare.",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a catalogue."""

    name: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A release in a catalogue and in a feed. `bbox` is (west, south, east, north) in degrees."""

    code: str
    quarter: str
    published_at: dt.datetime
    licence: str
    correction: str
    manifest_sha256: str
    bbox: tuple[float, float, float, float]
    files: tuple[Listed, ...]


def catalogue(
    editions: Sequence[Edition],
    *,
    base_url: str,
    folders: Mapping[str, str],
    city: str,
    languages: Sequence[str],
) -> dict[str, Any]:
    """A dcat:Catalog of the releases, which are a series of datasets.

    Parameters
    ----------
    editions
        Those that hold, the newest first.
    base_url
        Address of the catalogue, with a slash at its end; empty for addresses that are relative to it.
    folders
        Of each release, where its files lie: relative to `base_url`, with a slash at its end.
    """
    publisher = {"@type": "foaf:Agent", "foaf:name": city}
    return {
        "@context": CONTEXT,
        "@id": base_url or "./",
        "@type": "dcat:Catalog",
        "dct:title": _texts({language: f"{title}, {city}" for language, title in TITLES.items()}),
        "dct:description": _texts(DESCRIPTIONS),
        "dct:publisher": publisher,
        "dct:language": [{"@id": f"{AUTHORITY}language/{LANGUAGES[one]}"} for one in languages if one in LANGUAGES],
        **({"dct:modified": _instant(max(one.published_at for one in editions))} if editions else {}),
        "dcat:dataset": [_dataset(one, base_url, folders[one.code], city, publisher) for one in editions],
    }


def _dataset(edition: Edition, base_url: str, folder: str, city: str, publisher: Mapping[str, Any]) -> dict[str, Any]:
    period = Period.parse(edition.quarter)
    west, south, east, north = edition.bbox
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    address = f"{base_url}{folder}"
    return {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": edition.code,
        "dct:title": _texts({language: f"{title}, {city}, {edition.quarter}" for language, title in TITLES.items()}),
        "dct:description": _texts(DESCRIPTIONS),
        "dct:publisher": publisher,
        "dct:issued": _instant(edition.published_at),
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}frequency/QUARTERLY"},
        "dct:accessRights": {"@id": f"{AUTHORITY}access-right/PUBLIC"},
        "dcat:theme": {"@id": f"{AUTHORITY}data-theme/SOCI"},
        "dcat:keyword": _texts({"en": "needs of residents", "it": "bisogni dei residenti"}),
        "dcat:version": edition.code,
        **({"adms:versionNotes": edition.correction} if edition.correction else {}),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:date", "@value": period.first.isoformat()},
            "dcat:endDate": {"@type": "xsd:date", "@value": (period.until - dt.timedelta(days=1)).isoformat()},
        },
        "dct:spatial": {
            "@type": "dct:Location",
            "dcat:bbox": {
                "@type": "geo:wktLiteral",
                "@value": f"POLYGON(({','.join(f'{x} {y}' for x, y in ring)}))",
            },
        },
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "dct:description": f"Conversations that staff of {city} held and logged, counted, rounded and audited; the"
            f" manifest says with which versions. SHA-256 of the manifest: {edition.manifest_sha256}.",
        },
        "dcat:distribution": [_distribution(one, address, edition.licence) for one in edition.files],
    }


def _distribution(file: Listed, address: str, licence: str) -> dict[str, Any]:
    kind = FILE_TYPES.get(PurePosixPath(file.name).suffix)
    media_type = file.media_type.partition(";")[0]
    return {
        "@id": f"{address}{file.name}",
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dcat:accessURL": {"@id": f"{address}{file.name}"},
        "dcat:downloadURL": {"@id": f"{address}{file.name}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media_type}"},
        **({"dct:format": {"@id": f"{AUTHORITY}file-type/{kind}"}} if kind else {}),
        "dct:license": {"@id": licence_url(licence)},
        "dcatap:availability": {"@id": "http://data.europa.eu/r5r/availability/STABLE"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.bytes)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
    }


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": text} for language, text in sorted(texts.items())]


def _instant(at: dt.datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": at.astimezone(dt.UTC).isoformat(timespec="seconds")}


def bbox_of(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """The box around boxes."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)
