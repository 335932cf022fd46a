"""Tables as they are published where nobody thought of attacks: the controls, on which the same attacks must succeed.

suppressed   a year by area, zone, district and city; counts of 1 to 4 are hidden, all others exact
crossed      the same, and totals of the 25 zone di prossimità, which cross the zones
bands        people of a year by age and area, with totals of ages by zone, district and city, and of people by area
weekly       a running total per area, renewed each week; hidden below 5
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from listening.disclosure.attacker import Block, Cell, attack
from tests.attacks.disclosure.trial import Trial

K = 5


def hidden_cells(trial: Trial, *, crossed: bool, columns: int | None = None) -> Iterator[tuple[int, int, int]]:
    """True count, least and most that an attacker finds, of each hidden cell of an area, for some or all themes."""
    table = trial.counted[5]
    zones = [np.array(table.within) == zone for zone in trial.place.zones]
    districts = [
        np.array([trial.place.district_of[zone] == district for zone in table.within])
        for district in trial.place.districts
    ]
    margins = [*zones, *districts, np.ones(len(table.places), dtype=bool)]
    if crossed:
        of_area = np.array([dict(prossimita(trial))[area.code] for area in trial.place.areas])
        margins += [of_area == name for name in np.unique(of_area)]
    for counts in table.counts.T[:columns]:
        block = Block()
        unknown = block.unknowns(len(counts))
        for i, count in enumerate(counts):
            hidden = 0 < count < K
            block.claim([int(unknown[i])], 1.0, least=1 if hidden else count, most=K - 1 if hidden else count)
            if hidden:
                block.cells.append(Cell((int(unknown[i]),), 0, i, 0, group=1 + i % 7))
        for margin in margins:
            total = int(counts[margin].sum())
            hidden = 0 < total < K
            block.claim(unknown[margin], 1.0, least=1 if hidden else total, most=K - 1 if hidden else total)
        if not block.cells:
            continue
        found = attack(block, enough=2)
        lows = np.ceil(found.least - 1e-5).astype(int)
        for cell, low, candidates in zip(block.cells, lows, found.candidates, strict=True):
            yield int(counts[cell.row]), int(low), int(low + candidates - 1)


def prossimita(trial: Trial) -> Iterator[tuple[str, str]]:
    """The zona di prossimità of each publication area: that of the area it is named after."""
    named = {row["code"]: row["prossimita"] for row in trial.place.rows}
    return ((area.code, named[area.code]) for area in trial.place.areas)


def recovery(trial: Trial, *, crossed: bool, columns: int | None = None) -> tuple[int, int]:
    """Hidden cells, and those of which the attacker finds the one true number."""
    found = list(hidden_cells(trial, crossed=crossed, columns=columns))
    return len(found), sum(low == high == truth for truth, low, high in found)


def bands_recovery(trial: Trial) -> tuple[int, int]:
    """Hidden counts of people by age and area, and those that the totals give away: all in one program."""
    told, areas = trial.conversations, trial.counted[5]
    counts = np.stack([np.bincount(told.area, people, len(areas.places)) for people in told.age.T], axis=1).astype(int)
    block = Block()
    unknown = block.unknowns(*counts.shape)
    whole = np.ones(len(areas.places), dtype=bool)
    zones = [np.array(areas.within) == zone for zone in trial.place.zones]
    districts = [
        np.array([trial.place.district_of[zone] == district for zone in areas.within])
        for district in trial.place.districts
    ]
    sums = [(unknown[row], counts[row]) for row in range(len(counts))]
    sums += [
        (unknown[rows, age], counts[rows, age]) for rows in [*zones, *districts, whole] for age in range(len(counts.T))
    ]
    sums += [(unknown[at], counts[at]) for at in np.ndindex(counts.shape)]
    for unknowns, parts in sums:
        total = int(np.sum(parts))
        hidden = 0 < total < K
        least, most = (1, K - 1) if hidden else (total, total)
        block.claim(np.ravel(unknowns), 1.0, least=least, most=most)
        if hidden and np.ndim(parts) == 0:
            block.cells.append(Cell((int(unknowns),), 0, len(block.cells), 0, group=1 + len(block.cells) % 7))
    found = attack(block, enough=2)
    return len(block.cells), int((found.candidates == 1).sum())


def weekly_recovery(trial: Trial) -> tuple[int, int]:
    """Mentions that fell into an increment of 1 to 4, and those whose increment two successive weeks give away."""
    told, kept = trial.conversations, [trial.themes.index(theme) for theme in trial.plan.yearly[1:]]
    increments = np.zeros((len(trial.place.areas), len(kept), 52), dtype=np.int64)
    for k, theme in enumerate(kept):
        chosen = told.mentions[:, theme]
        np.add.at(increments, (told.area[chosen], k, told.week[chosen]), 1)
    running = increments.cumsum(axis=2)
    before = np.concatenate([np.zeros_like(running[:, :, :1]), running[:, :, :-1]], axis=2)
    small = (increments > 0) & (increments < K)
    given_away = small & (before >= K)  # 0 is shown too, but an increment from 0 to below 5 is hidden
    return int(increments[small].sum()), int(increments[given_away].sum())
