"""The arrays that the statistics take and return, and what must hold for counts.

Axis 0 is places, axis 1 is themes where there are any; whatever broadcasts, serves, and one number is an array of one.
No answer holds a NaN: where a figure cannot be given, the function says which value stands there and what tells so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]


class ImpossibleCounts(ValueError):
    """Counts that nothing countable has: negative, not finite, or a part that is larger than its whole."""


def floats(values: ArrayLike, name: str) -> FloatArray:
    """Values as float64.

    Raises
    ------
    ImpossibleCounts
        If one is negative or not finite; the message has the name and the value.
    """
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    # The least and the greatest tell that all is well; a NaN is neither.
    if array.size and not (array.min() >= 0 and array.max() < np.inf):
        wrong = ~(np.isfinite(array) & (array >= 0))
        raise ImpossibleCounts(f"{name} holds {array[wrong].flat[0]:g}; it must be 0 or more, and finite.")
    return array


def part_of(
    part: ArrayLike, whole: ArrayLike, *, names: tuple[str, str] = ("mentions", "conversations")
) -> tuple[FloatArray, FloatArray]:
    """A part and its whole as float64 of one shape.

    Raises
    ------
    ImpossibleCounts
        If one is negative or not finite, or a part exceeds its whole.
    """
    parts, wholes = np.broadcast_arrays(floats(part, names[0]), floats(whole, names[1]))
    over = parts > wholes
    if over.any():
        raise ImpossibleCounts(f"{names[0]} holds {parts[over].flat[0]:g} of {wholes[over].flat[0]:g} {names[1]}.")
    return parts, wholes


def ratio(numerator: ArrayLike, denominator: ArrayLike, *, otherwise: float) -> FloatArray:
    """numerator / denominator, and `otherwise` where the denominator is 0."""
    above, below = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (numerator, denominator))
    )
    result = np.full(above.shape, otherwise, dtype=np.float64)
    np.divide(above, below, out=result, where=below != 0)
    return result
