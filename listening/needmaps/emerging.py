"""Needs that emerge: heard far more often than in the four quarters before, in several sessions, by several people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.db import sql
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.trend import Comparison
from listening.statistics.arrays import BoolArray
from listening.statistics.emerging import FEWEST_LISTENERS, FEWEST_SESSIONS, EmergingNeeds, emerging, heard_enough

Integers = NDArray[np.int64]


def emerging_needs(query: NeedMapQuery, comparison: Comparison) -> EmergingNeeds | None:
    """Test all places of the map and all themes; None where there are no four quarters before. One query at most.

    Sessions and listeners are counted for what passes the test alone: it is a family of its own whether or not they do.
    """
    grid = comparison.grid
    if grid.windows.base is None:
        return None
    here = slice(0, len(grid.places))
    shape = grid.now.mentioning[here].shape
    candidates = emerging(
        grid.now.mentioning[here],
        grid.now.held[here],
        grid.base.mentioning[here],
        grid.base.held[here],
        sessions=np.full(shape, FEWEST_SESSIONS),
        listeners=np.full(shape, FEWEST_LISTENERS),
        # The whole city's: a place's own comes out small where chance made it, and would alarm most there.
        design_effect=comparison.now.city_deff,
    )
    heard = heard_enough(*_hearers(query, comparison, candidates.is_emerging))
    return replace(candidates, is_emerging=candidates.is_emerging & heard)


def _hearers(query: NeedMapQuery, comparison: Comparison, wanted: BoolArray) -> tuple[Integers, Integers]:
    """Sessions and listeners that heard a theme in a place, up to what is enough; 0 where it is not wanted."""
    sessions, listeners = np.zeros(wanted.shape, np.int64), np.zeros(wanted.shape, np.int64)
    pairs = [(int(place), int(theme)) for place, theme in np.argwhere(wanted)]
    if not pairs:
        return sessions, listeners
    grid = comparison.grid
    numbers = {(grid.places[place][0], grid.themes[theme]): (place, theme) for place, theme in pairs}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_hearers.sql"),
            {
                "edition": query.edition.pk,
                "epoch": query.epoch and str(query.epoch),
                "places": [place for place, _ in numbers],
                "themes": [theme for _, theme in numbers],
                "kind": query.kind or "any",
                "first": query.period.first,
                "until": query.period.until,
                "sessions": FEWEST_SESSIONS,
                "listeners": FEWEST_LISTENERS,
            },
        )
        for place, theme, in_sessions, by_listeners in cursor.fetchall():
            sessions[numbers[place, theme]], listeners[numbers[place, theme]] = in_sessions, by_listeners
    return sessions, listeners
