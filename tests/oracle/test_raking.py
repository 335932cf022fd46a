"""Raking against samplics, which shares nothing with ours and has been used for official surveys."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from listening.statistics.raking import Margin, rake

with warnings.catch_warnings():
    # The package says at each import that it is archived: as an oracle it is as good as the day it was pinned.
    warnings.filterwarnings("ignore", message="samplics is archived", category=FutureWarning)
    from samplics.weighting import SampleWeight

MARGINS = {"age": [2500, 4500, 3000], "citizenship": [8400, 1600], "gender": [5200, 4800]}


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_samplics(seed):
    """One person to a conversation, no band below 20, and no weight so far out that ours would trim it."""
    draw = np.random.default_rng(seed)
    chances = {"age": [0.2, 0.45, 0.35], "citizenship": [0.75, 0.25], "gender": [0.58, 0.42]}
    of = {variable: draw.choice(len(chance), 1_200, p=chance) for variable, chance in chances.items()}
    ours = rake(
        {variable: np.eye(len(chances[variable]))[bands] for variable, bands in of.items()},
        [Margin(variable, residents) for variable, residents in MARGINS.items()],
    )
    theirs = SampleWeight().rake(
        np.ones(1_200),
        margins=of,
        control={variable: dict(enumerate(residents)) for variable, residents in MARGINS.items()},
        tol=1e-10,
        ctrl_tol=1e-10,
        max_iter=500,
    )
    assert ours.converged
    assert 0.2 < ours.weights.min() < ours.weights.max() < 5
    assert ours.weights == pytest.approx(theirs / theirs.mean(), abs=1e-5)
    # Kish's design effect and effective number, from their weights.
    assert ours.design_effect == pytest.approx(1 + theirs.var() / theirs.mean() ** 2, abs=1e-5)
    assert ours.effective_size == pytest.approx(theirs.sum() ** 2 / (theirs**2).sum(), abs=1e-2)
