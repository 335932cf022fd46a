"""All experiments, one after the other, from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.simulations import experiments

SEED = 2026
REPETITIONS: dict[Callable[[np.random.Generator, int], experiments.Figures], int] = {
    experiments.intervals: 200,
    experiments.shrinkage: 200,
    experiments.trends: 400,
    experiments.unadjusted: 200,
    experiments.emerging_needs: 400,
    experiments.clusters: 100,
}


def run(part: float = 1.0) -> Iterator[tuple[str, float]]:
    """Each figure with its name; with a part of the repetitions, at least two of each experiment."""
    for number, (experiment, repetitions) in enumerate(REPETITIONS.items()):
        # A generator for each, so that none shifts the others when it changes.
        yield from experiment(np.random.default_rng([SEED, number]), max(2, round(part * repetitions))).items()
