"""How a source file maps to a layer: ten lines of YAML, read strictly."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class ConfigError(ValueError):
    """The mapping is wrong; the message lists every mistake."""


@dataclass(frozen=True, slots=True)
class PopulationField:
    """A column of residents, with the year and source of the figures."""

    field: str
    year: int
    source: str


@dataclass(frozen=True, slots=True)
class MarginFields:
    """Columns of residents by band of one variable; several columns of a band are added up.

    `total` is a column of all residents; the band `rest` is what the other bands leave of it.
    """

    variable: str
    year: int
    source: str
    bands: Mapping[str, tuple[str, ...]]
    total: str | None = None
    rest: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (*(column for columns in self.bands.values() for column in columns), *filter(None, [self.total]))


@dataclass(frozen=True, slots=True)
class ImportConfig:
    """One mapping. With `attributes_of`, the file brings figures and names for districts that are there."""

    layer: str
    rank: int
    names: Mapping[str, str]
    is_default: bool | None
    edition: str
    valid_from: dt.date
    is_schematic: bool
    source: str
    licence: str
    language: str
    code_field: str | None
    name_field: str | None
    alias_fields: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    population: PopulationField | None = None
    exclude_field: str | None = None
    exclude_below: int | None = None
    crs: str | None = None
    encoding: str | None = None
    geometry_field: str = "wkt"
    expected: int | None = None
    largest_repair: float = 1e-4
    attributes_of: str | None = None
    # Not part of what an edition is recognised by: only mappings with `attributes_of` have margins.
    margins: tuple[MarginFields, ...] = field(default=(), repr=False)


TOP = {
    "layer", "edition", "source", "licence", "language", "fields", "population", "aliases", "exclude_below",
    "crs", "encoding", "geometry_field", "expected", "largest_repair", "attributes_of",
    "margins",
}  # fmt: skip
LAYER = {"code", "rank", "names", "default"}
EDITION = {"code", "valid_from", "schematic"}
FIELDS = {"code", "name", "aliases", "exclude_from_rates"}
POPULATION = {"field", "year", "source"}
MARGINS = {"variable", "year", "source", "bands", "total", "rest"}
LONGEST_BAND = 20  # characters


def read_config(path: Path) -> ImportConfig:
    """Read a mapping. Raises ConfigError with every mistake, and FileNotFoundError."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not YAML: {error}") from None
    mistakes: list[str] = []

    def section(value: Any, name: str, known: set[str], required: set[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            mistakes.append(f"{name} must be a mapping with {', '.join(sorted(required or known))}")
            return {}
        mistakes.extend(
            f"{name} has no key {key!r}; known are {', '.join(sorted(known))}" for key in value if key not in known
        )
        mistakes.extend(f"{name} lacks {key!r}" for key in sorted(required - set(value)))
        return value

    is_attributes = isinstance(told, dict) and "attributes_of" in told
    top = section(
        told,
        "the file",
        TOP,
        {"source", "fields"} if is_attributes else {"layer", "edition", "source", "licence", "fields"},
    )
    layer = {} if is_attributes else section(top.get("layer"), "layer", LAYER, {"code", "rank", "names"})
    edition = {} if is_attributes else section(top.get("edition"), "edition", EDITION, {"code", "valid_from"})
    fields = section(top.get("fields"), "fields", FIELDS, {"code"} if is_attributes else {"name"})
    population = section(top["population"], "population", POPULATION, POPULATION) if "population" in top else None

    valid_from = edition.get("valid_from", dt.date.min)
    if not isinstance(valid_from, dt.date):
        mistakes.append(f"edition.valid_from is {valid_from!r}; write a day, e.g. 2021-01-01")
    if not isinstance(layer.get("rank", 0), int) or layer.get("rank", 0) < 0:
        mistakes.append(f"layer.rank is {layer.get('rank')!r}; write 0 for the base layer, more for coarser ones")
    if not isinstance(layer.get("names", {}), dict):
        mistakes.append("layer.names must map languages to names, e.g. {it: Zona, en: Zone}")
    if not isinstance(layer.get("default", False), bool):
        mistakes.append(f"layer.default is {layer['default']!r}; write true or false, or leave it out")
    aliases = top.get("aliases", {})
    if not isinstance(aliases, dict) or not all(isinstance(names, list) for names in aliases.values()):
        mistakes.append("aliases must map a name to a list of names")
        aliases = {}
    margins = _margins(top.get("margins", []), section, mistakes)
    if margins and not is_attributes:
        mistakes.append("margins belong into a mapping with `attributes_of`: import the boundaries first")
    if mistakes:
        raise ConfigError(f"{path.name}: " + "; ".join(mistakes) + ".")
    alias_fields = fields.get("aliases", ())
    return ImportConfig(
        layer=str(layer.get("code", top.get("attributes_of"))),
        rank=layer.get("rank", 0),
        names=layer.get("names", {}),
        is_default=layer.get("default"),
        edition=str(edition.get("code", "")),
        valid_from=valid_from,
        is_schematic=bool(edition.get("schematic", False)),
        source=str(top["source"]),
        licence=str(top.get("licence", "")),
        language=str(top.get("language", "it")),
        code_field=fields.get("code"),
        name_field=fields.get("name"),
        alias_fields=tuple([alias_fields] if isinstance(alias_fields, str) else alias_fields),
        aliases={str(key): tuple(map(str, names)) for key, names in aliases.items()},
        population=None if population is None else PopulationField(**{k: population[k] for k in POPULATION}),
        exclude_field=fields.get("exclude_from_rates"),
        exclude_below=top.get("exclude_below"),
        crs=top.get("crs"),
        encoding=top.get("encoding"),
        geometry_field=top.get("geometry_field", "wkt"),
        expected=top.get("expected"),
        largest_repair=float(top.get("largest_repair", 1e-4)),
        attributes_of=top.get("attributes_of"),
        margins=tuple(margins),
    )


Section = Callable[[Any, str, set[str], set[str]], dict[str, Any]]


def _margins(told: Any, section: Section, mistakes: list[str]) -> list[MarginFields]:
    """The margins of a mapping; what is wrong with them is added to the mistakes."""
    if not isinstance(told, list):
        mistakes.append("margins must be a list, one entry for each variable")
        return []
    margins = []
    for number, one in enumerate(told, start=1):
        name = f"margins, entry {number}"
        before = len(mistakes)
        entry = section(one, name, MARGINS, {"variable", "year", "source", "bands"})
        variable, bands, rest = entry.get("variable", ""), entry.get("bands", {}), entry.get("rest")
        if not (isinstance(variable, str) and re.fullmatch(r"([a-z][a-z0-9_]{0,19})?", variable)):
            mistakes.append(f"{name}: variable is {variable!r}; write small letters, digits and _, at most 20")
        if not isinstance(entry.get("year", 0), int):
            mistakes.append(f"{name}: year is {entry['year']!r}; write e.g. 2023")
        if not isinstance(bands, dict):
            mistakes.append(f"{name}: bands must map each band to its column, or to a list of columns")
            bands = {}
        for band in [*bands, *([] if rest is None else [rest])]:
            if not (isinstance(band, str) and re.fullmatch(rf"\S{{1,{LONGEST_BAND}}}", band)):
                mistakes.append(f"{name}: band is {band!r}; quote it, at most {LONGEST_BAND} characters and no blank")
        if rest is not None and (entry.get("total") is None or rest in bands):
            mistakes.append(f"{name}: rest is a band of its own, what the others leave of `total`")
        if len(mistakes) == before:
            margins.append(
                MarginFields(
                    variable=variable,
                    year=entry["year"],
                    source=str(entry["source"]),
                    bands={
                        band: tuple(map(str, columns if isinstance(columns, list) else [columns]))
                        for band, columns in bands.items()
                    },
                    total=None if entry.get("total") is None else str(entry["total"]),
                    rest=rest,
                )
            )
    seen = [(one.variable, one.year, one.source) for one in margins]
    mistakes.extend(f"margins: {key[0]} of {key[1]} occurs twice" for key in dict.fromkeys(seen) if seen.count(key) > 1)
    return margins
