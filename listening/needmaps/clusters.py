"""Candidate clusters of a need map: neighbouring places whose shares are high, or low, together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from districts.neighbours import neighbours
from listening.needmaps.build import NeedMap

if TYPE_CHECKING:
    from listening.statistics.clusters import Clusters


def clusters_of(need_map: NeedMap) -> Clusters:
    """Gi* and local Moran of the empirical-Bayes shares of a map. One query at most, the first time of an edition.

    Places where nobody listened take no part: their share is but the mean.
    """
    # esda brings scikit-learn with it: 3 s and 150 MB, for those who ask for clusters alone.
    from listening.statistics.clusters import ALPHA, PERMUTATIONS, find_clusters

    numbers = {need.district_id: at for at, need in enumerate(need_map.districts)}
    shares = [need.claim.share_eb if need.claim else None for need in need_map.districts]
    pairs = [(numbers[a], numbers[b]) for a, b in neighbours(need_map.edition) if a in numbers and b in numbers]
    return find_clusters(
        np.array([share or 0.0 for share in shares]),
        np.array(pairs, np.int64).reshape(-1, 2),
        known=np.array([need.conversations > 0 for need in need_map.districts], np.bool_),
        # With fewer, no place of a large layer could ever be found alone.
        permutations=max(PERMUTATIONS, math.ceil(len(shares) / ALPHA)),
    )
