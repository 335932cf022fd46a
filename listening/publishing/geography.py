"""The places of a release: which layer is counted by quarter, which by year, and what lies in what.

A city may have any set of layers. The *publication layer* holds the quarter: the finest layer above the base that nests
in all coarser ones, or the one that LISTENING_PUBLICATION_LAYER names; a city without such a layer publishes its base
layer. *Areas* are the districts of the base layer, small ones merged. Layers that cross the publication layer are
derived from areas, by the year.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from django.conf import settings
from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition, District, Layer
from districts.neighbours import neighbours
from listening.disclosure.plan import Area, boundary_version, publication_areas
from listening.publishing.errors import NothingToPublish
from listening.releases.values import PlaceValue

DECIMALS: Final = 7  # of degrees: about a centimetre


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of list_places.sql."""

    layer: str
    rank: int
    edition_id: int
    edition: str
    pk: int
    code: str
    name: str
    residents: int | None
    parents: Mapping[str, str]


Group = tuple[Listed, ...]  # districts that are published as one


@dataclass(frozen=True, slots=True)
class Geography:
    """The places of a release. `above` is the layer next above the publication layer, None where there is none.

    `place_of` says, per layer, to which place a base district (primary key) counts.
    """

    base: str
    publication: str
    above: str | None
    places: tuple[PlaceValue, ...]
    layer_names: Mapping[str, Mapping[str, str]]
    editions: Mapping[str, str]
    version: str
    place_of: Mapping[str, Mapping[int, str]]

    @property
    def has_areas(self) -> bool:
        """Whether the year is published by areas, finer than the publication layer."""
        return self.base != self.publication

    def of(self, layer: str | None) -> tuple[PlaceValue, ...]:
        """Places of a layer, in path order."""
        return tuple(place for place in self.places if place.layer == layer)


def read_geography(year: int) -> Geography:
    """The places as they are today. Raises NothingToPublish before any boundaries were imported."""
    listed = _listed(year)
    base = [place for place in listed if place.rank == 0]
    if not base:
        raise NothingToPublish("No boundaries have been imported yet: there are no places to publish.")
    base_layer = base[0].layer
    ranks = {place.layer: place.rank for place in listed}
    publication = _publication_layer(base, ranks)
    tree = _nested_in(base, publication, ranks)
    groups: dict[str, list[Group]] = {}
    for layer in ranks:
        above = [one for one in tree if ranks[one] > ranks[layer]]
        if ranks[layer] == 0 and layer != publication:
            above.insert(0, publication)
        ordered = _in_path_order([one for one in listed if one.layer == layer], above, listed)
        groups[layer] = [(one,) for one in ordered]
    if base_layer != publication:
        groups[base_layer] = _areas([one for (one,) in groups[base_layer]], publication)
    parents_of = {layer: _parents_of(layer, base, ranks, tree, publication) for layer in ranks}
    shapes = _shapes(one.pk for one in listed)
    places = tuple(
        _place(group, at, parents_of[layer], shapes) for layer in ranks for at, group in enumerate(groups[layer])
    )
    editions = {place.layer: place.edition for place in places}
    place_of = {layer: {one.pk: one.parents[layer] for one in base if layer in one.parents} for layer in ranks}
    place_of[base_layer] = {one.pk: _name_bearer(group).code for group in groups[base_layer] for one in group}
    return Geography(
        base=base_layer,
        publication=publication,
        above=tree[0] if tree else None,
        places=places,
        layer_names={layer.code: layer.names for layer in Layer.objects.filter(code__in=editions)},
        editions=editions,
        version=boundary_version(editions, [(place.layer, place.code, *place.merged) for place in places]),
        place_of=place_of,
    )


def _listed(year: int) -> list[Listed]:
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.publishing", "list_places.sql"), {"year": year})
        return [Listed(*(*row[:-1], json.loads(row[-1]))) for row in cursor.fetchall()]


def _publication_layer(base: Sequence[Listed], ranks: Mapping[str, int]) -> str:
    named: str = settings.PUBLICATION_LAYER
    if named:
        if named not in ranks:
            raise NothingToPublish(f"LISTENING_PUBLICATION_LAYER names {named!r}; the layers are {', '.join(ranks)}.")
        return named
    usual = set(Layer.objects.filter(is_default=True).values_list("code", flat=True))
    for layer, rank in sorted(ranks.items(), key=lambda one: (one[1], one[0] not in usual, one[0])):
        if rank == 0 or not all(layer in one.parents for one in base):
            continue
        coarser = [one for one in ranks if ranks[one] > rank]
        if len({one.parents[layer] for one in base}) > 1 and _nested_in(base, layer, ranks) == coarser:
            return layer
    return base[0].layer


def _nested_in(base: Sequence[Listed], layer: str, ranks: Mapping[str, int]) -> list[str]:
    """Coarser layers that no place of a layer crosses, fine to coarse, by the main parents of the base districts."""
    found = []
    for coarser, rank in ranks.items():
        pairs = {(one.code if one.layer == layer else one.parents.get(layer), one.parents.get(coarser)) for one in base}
        whole = not any(None in pair for pair in pairs)
        if rank > ranks[layer] and whole and len({own for own, _ in pairs}) == len(pairs):
            found.append(coarser)
    return found


def _in_path_order(places: Sequence[Listed], above: Sequence[str], listed: Sequence[Listed]) -> list[Listed]:
    """By the places that they lie in, coarse to fine, then by code as people count."""
    number = {(one.layer, one.code): at for at, one in enumerate(listed)}
    return sorted(
        places,
        key=lambda one: (
            [number.get((layer, one.parents.get(layer, "")), -1) for layer in reversed(above)]
            + [number[one.layer, one.code]]
        ),
    )


def _areas(base: Sequence[Listed], publication: str) -> list[Group]:
    """Base districts, those with few residents merged with a neighbour of the same place of the publication layer."""
    by_code, code_of = {one.code: one for one in base}, {one.pk: one.code for one in base}
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for first, second in neighbours(BoundaryEdition.objects.get(pk=base[0].edition_id)):
        beside[code_of[first]].add(code_of[second])
    # Nothing is merged where no figures are known: what is published is protected all the same.
    known = any(one.residents is not None for one in base)
    merged = publication_areas(
        (
            Area(one.code, one.parents.get(publication, ""), one.residents or 0, frozenset(beside[one.code]))
            for one in base
        ),
        **({} if known else {"fewest_residents": 0}),
    )
    return [tuple(by_code[code] for code in area.members) for area in merged]


def _name_bearer(group: Group) -> Listed:
    """Of merged districts the most populous."""
    return max(group, key=lambda one: one.residents or 0)


def _parents_of(
    layer: str, base: Sequence[Listed], ranks: Mapping[str, int], tree: Sequence[str], publication: str
) -> dict[str, dict[str, str]]:
    """Per coarser layer to which counts of a layer are added up, the place of each of its districts, by code."""
    if layer == publication:
        wanted = [*tree] if ranks[layer] else [one for one in ranks if ranks[one]]
    else:
        wanted = [one for one in ranks if ranks[one]] if ranks[layer] == 0 else []
        wanted += [one for one in tree if ranks[layer] and ranks[one] > ranks[layer] and layer in tree]
    own = {one.pk: one.code if ranks[layer] == 0 else one.parents.get(layer, "") for one in base}
    return {
        coarser: {own[one.pk]: one.parents[coarser] for one in base if coarser in one.parents} for coarser in wanted
    }


def _place(
    group: Group, position: int, parents_of: Mapping[str, Mapping[str, str]], shapes: Mapping[int, shapely.Geometry]
) -> PlaceValue:
    bearer = _name_bearer(group)
    several = len(group) > 1
    return PlaceValue(
        layer=bearer.layer,
        edition=bearer.edition,
        code=bearer.code,
        name=" + ".join(one.name for one in group) if several else bearer.name,
        district_id=bearer.pk,
        merged=tuple(one.code for one in group) if several else (),
        parents={layer: within for layer, of in sorted(parents_of.items()) if (within := _shares(group, of))},
        geometry=_drawn([shapes[one.pk] for one in group]),
        residents=None if any(one.residents is None for one in group) else sum(one.residents or 0 for one in group),
        position=position,
    )


def _shares(group: Group, place_of: Mapping[str, str]) -> dict[str, float]:
    """The places of a coarser layer in which a group lies, with the share of its residents, to six decimals."""
    weight = [float(one.residents or 0) for one in group]
    if not sum(weight):
        weight = [1.0] * len(group)
    found: defaultdict[str, float] = defaultdict(float)
    for one, residents in zip(group, weight, strict=True):
        if one.code in place_of:
            found[place_of[one.code]] += residents / sum(weight)
    return {code: round(share, 6) for code, share in sorted(found.items()) if round(share, 6)}


def _shapes(keys: Iterable[int]) -> dict[int, shapely.Geometry]:
    return {
        pk: shapely.from_wkb(bytes(geometry.wkb))
        for pk, geometry in District.objects.filter(pk__in=keys).values_list("pk", "geometry")
    }


def _drawn(parts: Sequence[shapely.Geometry]) -> bytes:
    """One MultiPolygon: united, to 7 decimals where that keeps it valid, exterior rings counterclockwise (RFC 7946)."""
    whole = shapely.union_all(list(parts)) if len(parts) > 1 else parts[0]
    coarse = shapely.transform(whole, lambda at: np.round(at, DECIMALS))
    if coarse.is_valid:
        whole = coarse
    whole = shapely.orient_polygons(whole, exterior_cw=False)
    if whole.geom_type == "Polygon":
        whole = shapely.MultiPolygon([whole])
    wkb: bytes = shapely.to_wkb(whole, byte_order=1)
    return wkb
