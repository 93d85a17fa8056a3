"""Integrals over smooth functions: Gauss–Legendre in panels."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PANEL_NODES = 20


def panel_rule(edges: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Return nodes and weights of Gauss–Legendre panels between neighbouring `edges`.

    Shapes (20 · (len(edges) − 1),) both; exact for polynomials of degree 39 in a panel.

    >>> nodes, weights = panel_rule([0.0, 1.0, 3.0])
    >>> round(float(weights @ nodes**2), 12)
    9.0
    """
    ends = np.asarray(edges, dtype=np.float64)
    half = np.diff(ends)[:, None] / 2
    nodes, weights = _legendre()
    return (ends[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()


def any_of(shares: Floats) -> Floats:
    """Return 1 − Π(1 − share) over the first axis, exact where all are small."""
    logs = np.log1p(-np.minimum(shares, np.nextafter(1.0, 0.0)))
    return np.asarray(-np.expm1(logs.sum(axis=0)), dtype=np.float64)


@cache
def _legendre() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(PANEL_NODES)
