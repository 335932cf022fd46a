"""Random cities of a few districts, zones and areas, and what was counted there, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from listening.disclosure.tables import FrequencyTable

THEMES = ("_n", "_persons", "housing", "rent", "mobility")
THEME_PARENTS = {"rent": "housing"}
QUARTERS = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
# Sparse cells are the normal case; crowded ones must hold as well.
CONVERSATIONS = st.one_of(st.just(0), st.integers(0, 4), st.integers(0, 40), st.integers(0, 100_000))


@st.composite
def cities(draw):
    """Counts by area and quarter, (areas, quarters, themes), and zone and district of each area."""
    zones, districts = [], []
    for district in range(draw(st.integers(1, 3))):
        for zone in range(draw(st.integers(1, 3))):
            for _ in range(draw(st.integers(1, 3))):
                zones.append(f"Z{district}{zone}")
                districts.append(f"D{district}")
    quarters = draw(st.integers(1, 4))
    counts = np.zeros((len(zones), quarters, len(THEMES)), dtype=np.int64)
    for area, quarter in np.ndindex(len(zones), quarters):
        n = draw(CONVERSATIONS)
        housing = draw(st.integers(0, n))
        counts[area, quarter] = (
            n, draw(st.integers(n, 10 * n)), housing, draw(st.integers(0, housing)), draw(st.sampled_from([0, n])),
        )  # fmt: skip
    return counts, zones, districts


def tables(city):
    """The quarters by zone and the year by area."""
    counts, zones, districts = city
    codes = list(dict.fromkeys(zones))
    within = tuple(districts[zones.index(zone)] for zone in codes)
    by_zone = np.stack([counts[np.array(zones) == zone].sum(axis=0) for zone in codes])
    quarters = [
        FrequencyTable("P1", period, tuple(codes), THEMES, by_zone[:, q], within)
        for q, period in enumerate(QUARTERS[: counts.shape[1]])
    ]
    places = tuple(f"a{i}" for i in range(len(zones)))
    return quarters, FrequencyTable("P2", "2026", places, THEMES, counts.sum(axis=1), tuple(zones))
