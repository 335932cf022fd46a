"""Systematic controlled rounding: the arithmetic, exact, and the secret offsets it starts from.

Rounds running totals, not cells: so every sum of neighbouring cells is as exact as one cell. No floating-point number
takes part, and nothing here knows what the numbers count.
"""

from __future__ import annotations

import hashlib
import hmac
from fractions import Fraction
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike

from listening.disclosure.tables import SCHEME, IntArray

SHORTEST_KEY = 32
RESOLUTION = 2**64


class KeyTooShort(ValueError):
    """A key that could be guessed. The message holds its length, never the key."""


class ImpossibleOffset(ValueError):
    """An offset that lies outside 0 <= u < base, or a base below 2."""


class Offsets:
    """The secret offsets of one key and one version of the boundaries.

    An offset is HMAC-SHA256 of "scr1|product|period|theme|node|boundary version", so the same table gets the same
    offset again and a release can be rebuilt, byte for byte. The key is shown by no representation.

    Parameters
    ----------
    key : bytes
        At least 32 random bytes, from the environment.
    boundary_version : str
        Of the order in which the places stand.

    Raises
    ------
    KeyTooShort
    """

    __slots__ = ("_key", "boundary_version")

    def __init__(self, key: bytes, boundary_version: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise KeyTooShort(f"The key has {len(key)} bytes; at least {SHORTEST_KEY} random ones are needed.")
        self._key = bytes(key)
        self.boundary_version = boundary_version

    def __repr__(self) -> str:
        return f"Offsets(key_id={self.key_id!r}, boundary_version={self.boundary_version!r})"

    @property
    def key_id(self) -> str:
        """What tells keys apart and gives nothing of them away: 12 hexadecimal digits."""
        return hashlib.sha256(b"scr1|key id|" + self._key).hexdigest()[:12]

    def whole(self, product: str, period: str, theme: str, node: str, base: int) -> int:
        """Offset of `scr`: 0, 1 ... base - 1."""
        return self._number(product, period, theme, node) % base

    def exact(self, product: str, period: str, theme: str, node: str, base: int) -> Fraction:
        """Offset of `calibrated`: at least 0, less than the base, in 2^64 steps."""
        return Fraction(self._number(product, period, theme, node) * base, RESOLUTION)

    def _number(self, *parts: str) -> int:
        message = "|".join([SCHEME, *parts, self.boundary_version])
        return int.from_bytes(hmac.digest(self._key, message.encode(), "sha256")[:8], "big")


def scr(counts: ArrayLike, offset: int, base: int) -> IntArray:
    """Round counts to multiples of the base so that sums of neighbours are rounded as well as cells are.

    Parameters
    ----------
    counts : array of int, >= 0, shape (places,)
        In path order.
    offset : int
        u, 0 <= u < base, secret.
    base : int
        b, >= 2.

    Returns
    -------
    IntArray, shape (places,)
        v_j = R(C_j) - R(C_j-1), where C is the running total and R(x) = b floor((x + u) / b).

    Raises
    ------
    ImpossibleOffset

    Notes
    -----
    Multiples of b; zero stays zero; the sum over any run of neighbours, or one cell, differs from the truth by b - 1 at
    most; over all offsets the mean is the truth, and the variance of cells (b^2 - 1) / 6 on average at most. Sums over
    places that are no neighbours are not bounded so.

    References
    ----------
    Fellegi, "Controlled random rounding", Survey Methodology 1 (1975), 123-133.
    Cox, "A constructive procedure for unbiased controlled rounding", Journal of the American Statistical Association 82
    (1987), 520-524.
    """
    if base < 2 or not 0 <= offset < base:
        raise ImpossibleOffset(f"The offset {offset} does not lie in 0 to {base - 1}, below a base of 2 or more.")
    running = np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))])
    rounded: IntArray = (running + offset) // base * base
    return rounded[1:] - rounded[:-1]


def calibrated(counts: ArrayLike, total: int, offset: Fraction, base: int) -> IntArray:
    """Share out a published total among places in proportion to their counts, in multiples of the base.

    Parameters
    ----------
    counts : array of int, >= 0, shape (places,)
    total : int
        Already published, a multiple of the base; the values add up to it.
    offset : Fraction
        u, 0 <= u < base, secret.
    base : int
        b, >= 2.

    Returns
    -------
    IntArray, shape (places,)
        `scr` of counts * total / sum(counts), reckoned in whole numbers. Zeros, where the total or all counts are 0.

    Raises
    ------
    ImpossibleOffset

    Notes
    -----
    Zero stays zero. A run of neighbours differs by less than b from its part of the published total, which itself
    differs from the truth. Over all offsets the mean is counts * total / sum(counts).
    """
    if base < 2 or not 0 <= offset < base:
        raise ImpossibleOffset(f"The offset {offset} does not lie in 0 to {base}, above a base of 2 or more.")
    if total < 0 or total % base:
        raise ImpossibleOffset(f"The total {total} is no multiple of {base}.")
    whole = [int(count) for count in np.asarray(counts, dtype=np.int64)]
    everything = sum(whole)
    if total == 0 or everything == 0:
        return np.zeros(len(whole), dtype=np.int64)
    # floor((C V / X + p / q) / b) in whole numbers: floor((C V q + p X) / (X q b)). Python's do not overflow.
    p, q = offset.numerator, offset.denominator
    rounded = [
        (running * total * q + p * everything) // (everything * q * base) * base for running in [0, *accumulate(whole)]
    ]
    shares: IntArray = np.array(rounded, dtype=np.int64)
    return shares[1:] - shares[:-1]
