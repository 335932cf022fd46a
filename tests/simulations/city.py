"""An invented city of known truth: 90 areas on a grid, twelve themes, and a year of listening in it.

The recipe: effort = population x lognormal(0, 0.9); a conversation mentions 2.2 themes on average; the logit of a theme
is its base plus half a Gaussian field with exponential covariance (1.5 km). The median area has about 19 of the 3,000
conversations of a year, and a tenth of the areas has none or one: small numbers are the normal case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, logit

from listening.statistics.arrays import FloatArray, IntArray
from listening.statistics.design_effect import SessionSums

ROWS, COLUMNS = 9, 10
AREAS = ROWS * COLUMNS
SPACING_KM = 1.25
ZONE = np.arange(AREAS) // 5  # 18 zones of five areas in a row
CONVERSATIONS = 3_000  # a year
TABLE = 6  # conversations of a session
LISTENERS = 12
THEMES = np.array([0.45, 0.35, 0.28, 0.22, 0.20, 0.16, 0.14, 0.12, 0.10, 0.08, 0.06, 0.04])  # 2.2 in all

POSITIONS = SPACING_KM * np.stack(np.divmod(np.arange(AREAS), COLUMNS), axis=1)
DISTANCE_KM = np.hypot(*(POSITIONS[:, np.newaxis] - POSITIONS).transpose(2, 0, 1))
PAIRS = np.argwhere(np.triu((DISTANCE_KM > 0) & (DISTANCE_KM < 1.5 * SPACING_KM)))  # queen contiguity


@cache
def _root(range_km: float) -> FloatArray:
    return np.linalg.cholesky(np.exp(-DISTANCE_KM / range_km) + 1e-9 * np.eye(AREAS))


def field(rng: np.random.Generator, columns: int, *, range_km: float = 1.5) -> FloatArray:
    """Gaussian fields of mean 0 and variance 1, shape (areas, columns)."""
    return _root(range_km) @ rng.standard_normal((AREAS, columns))


def population(rng: np.random.Generator) -> FloatArray:
    """Residents: a fifth of the areas are fields and railways with a few hundred."""
    inhabited = rng.random(AREAS) < 0.8
    return np.where(inhabited, rng.lognormal(np.log(5_000), 0.5, AREAS), rng.lognormal(np.log(200), 1.0, AREAS))


def effort(rng: np.random.Generator, residents: FloatArray) -> FloatArray:
    """Share of the conversations held in each area."""
    weight = residents * rng.lognormal(0, 0.9, AREAS)
    return weight / weight.sum()


def true_shares(rng: np.random.Generator) -> FloatArray:
    """Shape (areas, themes)."""
    return expit(logit(THEMES) + 0.5 * field(rng, len(THEMES)))


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard in some places and a period, as the database would hand it over."""

    sums: SessionSums
    conversations: FloatArray  # (places, 1)
    mentions: FloatArray  # (places, themes)
    sessions_with: FloatArray  # (places, themes): sessions in which the theme came up
    listeners_with: FloatArray


def listen(
    rng: np.random.Generator, conversations: IntArray, shares: FloatArray, *, design_effect: float = 1.0
) -> Heard:
    """Hold conversations at tables of TABLE, the last one of a place smaller.

    With a design effect above 1 those at a table are of one mind more often than by chance: the share of a table is
    drawn from a beta distribution whose intraclass correlation is (design effect - 1) / (TABLE - 1).
    """
    tables = -(-conversations // TABLE)
    place = np.repeat(np.arange(len(conversations)), tables)
    first = np.cumsum(tables) - tables
    number = np.arange(len(place)) - first[place]
    n = np.minimum(TABLE, conversations[place] - TABLE * number)[:, np.newaxis]
    p = shares[place]
    if design_effect > 1:
        correlation = (design_effect - 1) / (TABLE - 1)
        ease = 1 / correlation - 1
        p = rng.beta(p * ease, (1 - p) * ease)
    c = rng.binomial(n, p)
    listener = rng.integers(0, LISTENERS, len(place))
    heard_by = np.zeros((len(conversations), LISTENERS, shares.shape[1]), dtype=bool)
    np.logical_or.at(heard_by, (place, listener), c > 0)

    def total(values: IntArray) -> FloatArray:
        sums = np.zeros((len(conversations), values.shape[1]))
        np.add.at(sums, place, values)
        return sums

    sums = SessionSums(
        sessions=tables[:, np.newaxis],
        conversations=total(n),
        mentions=total(c),
        mentions_squared=total(c**2),
        products=total(c * n),
        conversations_squared=total(n**2),
    )
    return Heard(sums, total(n), total(c), total((c > 0).astype(int)), heard_by.sum(axis=1).astype(float))
