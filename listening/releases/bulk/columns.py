"""The columns of the files and what they mean: one list for the dictionary, for CSVW and for every writer. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from listening.releases.values import BandValue, CellValue, Content, NeedValue, PlaceValue

Datatype = Literal["string", "integer", "number"]
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: name, type as CSVW spells it, what it holds in English and Italian; `required`: never empty."""

    name: str
    datatype: Datatype
    en: str
    it: str
    required: bool = False


NEED: Final = (
    Column("release", "string", "Code of the release.", "Codice del rilascio.", True),
    Column("period", "string", "Quarter (2026-Q2) or year (2026).", "Trimestre (2026-Q2) o anno (2026).", True),
    Column("layer", "string", "Layer of the place.", "Livello del luogo.", True),
    Column("place", "string", "Code of the place in its layer.", "Codice del luogo nel suo livello.", True),
    Column("name", "string", "Name of the place.", "Nome del luogo.", True),
    Column("theme", "string", "Code of the theme.", "Codice del tema.", True),
    Column(
        "conversations", "integer",
        "Conversations held in the place, rounded.", "Conversazioni avvenute nel luogo, arrotondate.", True,
    ),
    Column(
        "mentioning", "integer",
        "Conversations of these that mention the theme, rounded.",
        "Quante di queste conversazioni parlano del tema, arrotondate.", True,
    ),
    Column(
        "share", "number",
        "Share of conversations that mention the theme, 0-1: (mentioning + 1/2) / (conversations + 1). Empty where"
        " there is too little listening.",
        "Quota di conversazioni che parlano del tema, 0-1: (mentioning + 1/2) / (conversations + 1). Vuoto dove"
        " l'ascolto è troppo poco.",
    ),
    Column("share_low", "number", "Lower end of its 90 % interval.", "Estremo inferiore dell'intervallo al 90 %."),
    Column("share_high", "number", "Upper end of its 90 % interval.", "Estremo superiore dell'intervallo al 90 %."),
    Column(
        "share_eb", "number",
        "Share drawn towards that of the layer, the more the fewer conversations: the value that maps show.",
        "Quota avvicinata a quella del livello, tanto più quanto meno sono le conversazioni: il valore delle mappe.",
    ),
    Column(
        "n_eff", "number",
        "As many exact conversations would say as much.", "Altrettante conversazioni esatte direbbero lo stesso.",
    ),
    Column(
        "reliability", "string",
        "A: interval of 15 points at most; B: 30; C: wider; X: too little listening; 0: none published.",
        "A: intervallo di 15 punti al massimo; B: 30; C: più largo; X: troppo poco ascolto; 0: nessuno pubblicato.",
        True,
    ),
    Column(
        "class_index", "integer",
        "Class of share_eb: 1 below 5 %, 2 below 10 %, 3 below 20 %, 4 below 35 %, 5 above.",
        "Classe di share_eb: 1 sotto il 5 %, 2 sotto il 10 %, 3 sotto il 20 %, 4 sotto il 35 %, 5 oltre.",
    ),
    Column(
        "trend", "string",
        "Against the same period of last year: rising, falling, stable or unclear.",
        "Rispetto allo stesso periodo dell'anno prima: rising (cresce), falling (cala), stable (stabile), unclear.",
    ),
    Column(
        "trend_difference", "number",
        "Share now minus share then, -1 to 1.", "Quota di ora meno quota di allora, da -1 a 1.",
    ),
)  # fmt: skip
CELL: Final = (
    Column("release", "string", "Code of the release.", "Codice del rilascio.", True),
    Column(
        "product", "string",
        "P1: counted by place; P2: the year shared out among areas; P3: by bands of people.",
        "P1: contato per luogo; P2: l'anno ripartito tra le aree; P3: per fasce di persone.", True,
    ),
    Column("period", "string", "Quarter (2026-Q2) or year (2026).", "Trimestre (2026-Q2) o anno (2026).", True),
    Column("layer", "string", "Layer of the place.", "Livello del luogo.", True),
    Column("place", "string", "Code of the place in its layer.", "Codice del luogo nel suo livello.", True),
    Column(
        "theme", "string",
        "Code of the theme; _n: all conversations; _persons: the people in them, ten of one conversation at most.",
        "Codice del tema; _n: tutte le conversazioni; _persons: le persone, al più dieci per conversazione.", True,
    ),
    Column("variable", "string", "What the band is of; empty: no bands.", "Di che cosa è la fascia; vuoto: nessuna."),
    Column("band", "string", "Band of people.", "Fascia di persone."),
    Column(
        "value", "integer",
        "Conversations, or people: rounded, never exact.", "Conversazioni, o persone: arrotondate, mai esatte.", True,
    ),
)  # fmt: skip
BAND: Final = (
    Column("release", "string", "Code of the release.", "Codice del rilascio.", True),
    Column("period", "string", "Year (2026).", "Anno (2026).", True),
    Column("layer", "string", "Layer of the place.", "Livello del luogo.", True),
    Column("place", "string", "Code of the place in its layer.", "Codice del luogo nel suo livello.", True),
    Column("name", "string", "Name of the place.", "Nome del luogo.", True),
    Column("variable", "string", "What the band is of, such as age.", "Di che cosa è la fascia, come age.", True),
    Column(
        "band", "string", "Band of people; unknown: not recorded.", "Fascia di persone; unknown: non rilevata.", True
    ),
    Column(
        "people", "integer",
        "People of the band who were listened to, ten of one conversation at most, rounded.",
        "Persone della fascia ascoltate, al più dieci per conversazione, arrotondate.", True,
    ),
    Column(
        "share", "number",
        "Share of the people whose band is known, 0-1. Empty with fewer than 20 of these.",
        "Quota delle persone di cui si conosce la fascia, 0-1. Vuoto se sono meno di 20.",
    ),
    Column(
        "n_eff", "number",
        "As many people met one by one, and counted exactly, would say as much.",
        "Altrettante persone incontrate una per una, contate esattamente, direbbero lo stesso.",
    ),
    Column(
        "residents", "integer",
        "Residents of the band; empty: not known.", "Residenti della fascia; vuoto: non noti.",
    ),
    Column(
        "reference_share", "number",
        "Share of the residents who are of the band, 0-1.", "Quota dei residenti che sono della fascia, 0-1.",
    ),
    Column(
        "ratio", "number",
        "Representation ratio: share / reference_share. Empty for the reason that is named.",
        "Rapporto di rappresentanza: share / reference_share. Vuoto per il motivo indicato.",
    ),
    Column("ratio_low", "number", "Lower end of its 90 % interval.", "Estremo inferiore dell'intervallo al 90 %."),
    Column("ratio_high", "number", "Upper end of its 90 % interval.", "Estremo superiore dell'intervallo al 90 %."),
    Column(
        "flag", "string",
        "under: ratio_high is below 0.8; over: ratio_low is above 1.25; empty: neither is proven.",
        "under: ratio_high è sotto 0.8; over: ratio_low è sopra 1.25; vuoto: né l'uno né l'altro è provato.",
    ),
    Column(
        "reason", "string",
        "Why the variable has no ratio there: nobody-listened, no-margins, bands-differ, no-residents, few-people,"
        " many-unknown.",
        "Perché la variabile non ha un rapporto: nobody-listened, no-margins, bands-differ, no-residents, few-people,"
        " many-unknown.",
    ),
    Column("reference_year", "integer", "Year of the residents.", "Anno dei residenti."),
    Column("source", "string", "Source of the residents.", "Fonte dei residenti."),
)  # fmt: skip
PLACE: Final = (
    Column("layer", "string", "Layer of the place.", "Livello del luogo.", True),
    Column("place", "string", "Code of the place in its layer.", "Codice del luogo nel suo livello.", True),
    Column("name", "string", "Name of the place.", "Nome del luogo.", True),
    Column("edition", "string", "Edition of the boundaries.", "Edizione dei confini.", True),
    Column("residents", "integer", "Residents; empty: not known.", "Residenti; vuoto: non noti."),
    Column(
        "merged", "string",
        "Codes of the districts that are published as one, by blanks.",
        "Codici delle aree pubblicate insieme, separati da spazi.",
    ),
)  # fmt: skip
THEME: Final = (
    Column("theme", "string", "Code of the theme.", "Codice del tema.", True),
    Column("parent", "string", "Theme above it; empty: none.", "Tema superiore; vuoto: nessuno."),
    Column(
        "sensitivity", "string",
        "normal; restricted: by the year and in large places alone.",
        "normal; restricted: solo per anno e in luoghi grandi.", True,
    ),
    Column("language", "string", "Language of the label (BCP 47).", "Lingua dell'etichetta (BCP 47).", True),
    Column("label", "string", "What the theme is called.", "Come si chiama il tema.", True),
)  # fmt: skip


def need_row(release: str, need: NeedValue, place: PlaceValue) -> tuple[Value, ...]:
    """A row of NEED."""
    return (
        release, need.period, need.layer, need.place, place.name, need.theme, need.conversations, need.mentioning,
        need.share, need.share_low, need.share_high, need.share_eb, need.n_eff, need.reliability, need.class_index,
        need.trend, need.trend_difference,
    )  # fmt: skip


def need_rows(content: Content, layer: str | None = None) -> Iterator[tuple[Value, ...]]:
    """Rows of NEED, of all layers or of one, in order of their keys."""
    place = content.place()
    return (
        need_row(content.head.code, need, place[need.layer, need.place])
        for need in content.needs
        if layer in (None, need.layer)
    )


def cell_row(release: str, cell: CellValue) -> tuple[Value, ...]:
    """A row of CELL."""
    return (
        release, cell.product, cell.period, cell.layer, cell.place, cell.theme, cell.variable or None,
        cell.band or None, cell.value,
    )  # fmt: skip


def cell_rows(content: Content) -> Iterator[tuple[Value, ...]]:
    return (cell_row(content.head.code, cell) for cell in content.cells)


def band_row(release: str, band: BandValue, place: PlaceValue) -> tuple[Value, ...]:
    """A row of BAND."""
    return (
        release, band.period, band.layer, band.place, place.name, band.variable, band.band, band.people, band.share,
        band.n_eff, band.residents, band.reference_share, band.ratio, band.ratio_low, band.ratio_high, band.flag,
        band.reason, band.reference_year, band.source or None,
    )  # fmt: skip


def band_rows(content: Content) -> Iterator[tuple[Value, ...]]:
    place = content.place()
    return (band_row(content.head.code, band, place[band.layer, band.place]) for band in content.bands)


def place_rows(content: Content) -> Iterator[tuple[Value, ...]]:
    return (
        (one.layer, one.code, one.name, one.edition, one.residents, " ".join(one.merged) or None)
        for one in content.places
    )


def theme_rows(content: Content) -> Iterator[tuple[Value, ...]]:
    return (
        (one.code, one.parent or None, one.sensitivity, language, label)
        for one in content.themes
        for language, label in sorted(one.labels.items())
    )
