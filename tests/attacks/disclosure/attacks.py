"""Attacks on published tables that need no solver; those that do are `listening.disclosure.audit` itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product as every
from unittest import mock

import numpy as np

from listening.disclosure import protect
from listening.disclosure.rounding import scr
from listening.disclosure.tables import CONVERSATIONS, PERSONS, FrequencyTable, ProtectedTable
from tests.attacks.disclosure.trial import Conversations, Trial, count
from tests.attacks.disclosure.trial import protect as protect_all


def differences_over_places(table: ProtectedTable) -> Iterator[tuple[int, int]]:
    """Published value of each cell, and what its total less its siblings gives."""
    rows = np.asarray(table.within)
    for row, parent in enumerate(table.within):
        siblings = (rows == parent) & (np.arange(len(rows)) != row)
        for column in range(len(table.themes)):
            total = table.totals()[parent][column]
            yield int(table.values[row, column]), int(total - table.values[siblings, column].sum())


def differences_over_periods(quarters: Sequence[ProtectedTable], areas: ProtectedTable) -> Iterator[tuple[int, int]]:
    """Published value of a zone in each quarter, and what its year less the other quarters gives."""
    years = areas.totals()
    for q, quarter in enumerate(quarters):
        for row, zone in enumerate(quarter.places):
            for column, theme in enumerate(areas.themes):
                others = sum(int(other.column(theme)[row]) for i, other in enumerate(quarters) if i != q)
                yield int(quarter.column(theme)[row]), int(years[zone][column]) - others


class FixedOffsets:
    """Offsets that are chosen instead of secret: what an attacker tries."""

    key_id, boundary_version = "0" * 12, "tried"

    def __init__(self, chosen: dict[tuple[str, str], Fraction | int]) -> None:
        self.chosen = chosen

    def __call__(self, key: bytes, boundary_version: str) -> FixedOffsets:
        return self

    def whole(self, product: str, period: str, theme: str, node: str, base: int) -> int:
        return int(self.chosen[product, theme])

    def exact(self, product: str, period: str, theme: str, node: str, base: int) -> Fraction:
        return Fraction(self.chosen[product, theme])


def truths_of_quarters(
    *, base: int, most: int, parents: Sequence[str], theme_parents: dict[str, str], themes: Sequence[str]
) -> dict[bytes, set[tuple[tuple[int, ...], ...]]]:
    """Every truth of small counts behind every table that may come of one: all counts, all offsets, the real method."""
    columns = [CONVERSATIONS, *themes]
    rows = [
        row
        for row in every(range(most + 1), repeat=len(columns))
        if all(
            row[columns.index(theme)] <= row[columns.index(theme_parents.get(theme, CONVERSATIONS))] for theme in themes
        )
    ]
    behind: dict[bytes, set[tuple[tuple[int, ...], ...]]] = {}
    places = tuple(f"z{i}" for i in range(len(parents)))
    for counts in every(rows, repeat=len(parents)):
        table = FrequencyTable("P1", "2026-Q1", places, tuple(columns), np.array(counts), tuple(parents))
        for offsets in every(range(base), repeat=len(columns)):
            tried = FixedOffsets({("P1", theme): u for theme, u in zip(columns, offsets, strict=True)})
            with mock.patch.object(protect, "Offsets", tried):
                published = protect.protect_quarter(
                    table, key=b"", bases=dict.fromkeys(columns, base), boundary_version="", theme_parents=theme_parents
                )
            behind.setdefault(published.values.tobytes(), set()).add(counts)
    return behind


def truths_of_a_year(*, base: int, most: int, areas: int, steps: int) -> dict[bytes, set[tuple[int, ...]]]:
    """The same for all conversations of one zone in one quarter and its areas: what both tables together leave open."""
    behind: dict[bytes, set[tuple[int, ...]]] = {}
    shared = {"key": b"", "bases": {CONVERSATIONS: base}, "boundary_version": ""}
    places = tuple(f"a{i}" for i in range(areas))
    for counts in every(range(most + 1), repeat=areas):
        quarter = FrequencyTable("P1", "2026-Q1", ("z",), (CONVERSATIONS,), np.array([[sum(counts)]]))
        year = FrequencyTable("P2", "2026", places, (CONVERSATIONS,), np.array([counts]).T, ("z",) * areas)
        for u, step in every(range(base), range(steps)):
            tried = FixedOffsets({("P1", CONVERSATIONS): u, ("P2", CONVERSATIONS): Fraction(step * base, steps)})
            with mock.patch.object(protect, "Offsets", tried):
                first = protect.protect_quarter(quarter, **shared)
                second = protect.protect_year(year, [first], **shared)
            behind.setdefault(first.values.tobytes() + second.values.tobytes(), set()).add(counts)
    return behind


def released_bytes(tables: Iterable[ProtectedTable]) -> bytes:
    return b"".join(table.values.tobytes() for table in tables)


def other_conversations(told: Conversations, record: int, rng: np.random.Generator, areas: int) -> Conversations:
    """The same conversations, but one: held elsewhere, or in another quarter, or without one of its themes."""
    changed = {field.name: getattr(told, field.name).copy() for field in dataclasses.fields(told)}
    what = rng.integers(3)
    if what == 0:
        changed["area"][record] = np.clip(told.area[record] + rng.choice([-1, 1]), 0, areas - 1)
    elif what == 1:
        changed["week"][record] = (told.week[record] + 13) % 52
    else:
        changed["mentions"][record] = False
    return Conversations(**changed)


def witness(trial: Trial, *, seed: int, tries: int) -> tuple[int, int]:
    """Changes of one conversation that change the counts, and those of them that leave every published byte alone."""
    rng = np.random.default_rng(seed)
    published, counted = released_bytes(trial.published), b"".join(t.counts.tobytes() for t in trial.counted)
    different = same = 0
    for record in rng.integers(len(trial.conversations.area), size=tries):
        told = other_conversations(trial.conversations, record, rng, len(trial.place.areas))
        tables = count(trial.place, trial.plan, trial.themes, told)
        if b"".join(table.counts.tobytes() for table in tables) == counted:
            continue
        different += 1
        same += released_bytes(protect_all(trial.place, trial.plan, tables)) == published
    return different, same


def detection(trial: Trial, *, columns: int | None = None) -> float:
    """How surely someone who knows all other conversations, and the method, tells whether one more is in a quarter.

    The part of the offsets at which the published quarter could not have come about without it; mean over all
    conversations. Of all columns that a conversation counts in, or of the first alone, all conversations. Settling is
    left out of account.
    """
    table = trial.counted[0]
    told = trial.conversations
    zone_of = np.array([trial.place.zones.index(area.zone) for area in trial.place.areas])
    sure = []
    for record in np.flatnonzero(told.quarter == 0):
        mentioned = {trial.themes[theme] for theme in np.flatnonzero(told.mentions[record])} & set(table.themes)
        unsure = 1.0
        for theme in [CONVERSATIONS, PERSONS, *sorted(mentioned)][:columns]:
            counts, base = table.column(theme), trial.plan.bases[theme]
            without = counts.copy()
            without[zone_of[told.area[record]]] -= told.people[record] if theme == PERSONS else 1
            there = {scr(counts, u, base).tobytes() for u in range(base)}
            gone = [scr(without, u, base).tobytes() for u in range(base)]
            unsure *= sum(one in there for one in gone) / base
        sure.append(1 - unsure)
    return float(np.mean(sure))


def chances(trial: Trial, published: int, *, counts: Sequence[int]) -> list[float]:
    """Chance of each true count behind a published value of P1, over all cells and offsets of the trial."""
    found = np.zeros(max(counts) + 1)
    for table in trial.counted[:4]:
        for theme in table.themes:
            column, base = table.column(theme), trial.plan.bases[theme]
            for u in range(base):
                true = column[scr(column, u, base) == published]
                np.add.at(found, true[true <= max(counts)], 1)
    return [float(found[true] / found.sum()) for true in counts]
