"""Counts as hypothesis invents them: any that sessions in some places may have, and the degenerate ones first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

from listening.statistics.arrays import FloatArray


def given(*strategies: st.SearchStrategy[Any]) -> Callable[..., Any]:
    """As hypothesis has it, without its limit of time: a busy machine is no counterexample."""
    return lambda test: hypothesis.settings(deadline=None)(hypothesis.given(*strategies)(test))


shares = st.floats(0, 1)
sizes = st.one_of(st.just(0.0), st.floats(0, 1e6))


@st.composite
def counts(draw: st.DrawFn, *, most_places: int = 12, most: int = 60) -> tuple[FloatArray, FloatArray]:
    """Mentions and conversations of one theme, each of shape (places,)."""
    pairs = draw(
        st.lists(
            st.integers(0, most).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
            min_size=1, max_size=most_places,
        )
    )  # fmt: skip
    c, n = np.array(pairs, dtype=np.float64).T
    return c, n


# Of one place: for each session its conversations, and which of them mention the theme.
sessions = st.lists(
    st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=0, max_size=30
)


def is_defined(*arrays: object) -> bool:
    """Whether no number among them is NaN or infinite."""
    return all(np.isfinite(np.asarray(a, dtype=np.float64)).all() for a in arrays)
