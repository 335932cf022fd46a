"""False discovery: of many places and themes tested at once, some look remarkable by chance.

Pure. A quarter has hundreds of tests; at p < 0.05 a twentieth of them are false alarms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, FloatArray, part_of

# Of the alarms that are told, at most one in ten is expected to be false.
RATE = 0.10


def adjusted(p_values: ArrayLike, *, family: BoolArray | None = None) -> FloatArray:
    """Benjamini and Hochberg's adjusted p-values: told alarms are those with q <= rate.

    Parameters
    ----------
    p_values : array of any shape, 0-1
    family : array of bool, optional
        The tests that are made, of the shape of `p_values`. Choose it before looking at the p-values: by the amount of
        listening, never by the outcome. All, when left out.

    Returns
    -------
    FloatArray of the same shape, 0-1
        q = min over the larger p of p m / rank; 1 outside the family.

    References
    ----------
    Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995), 289-300.
    Valid for independent tests and for positively dependent ones (Benjamini and Yekutieli, Annals of Statistics 29
    (2001), 1165-1188): themes of one conversation are of the second sort as a rule.
    """
    p, _ = part_of(p_values, 1.0, names=("p_values", "whole"))
    tested = np.ones(p.shape, dtype=np.bool_) if family is None else np.broadcast_to(family, p.shape)
    q = np.ones(p.shape)
    of_family = p[tested]
    m = of_family.size
    order = np.argsort(of_family, kind="stable")
    stepped = of_family[order] * m / np.arange(1, m + 1)
    smallest = np.minimum.accumulate(stepped[::-1])[::-1]
    inside = np.empty(m)
    inside[order] = np.minimum(smallest, 1.0)
    q[tested] = inside
    return q
