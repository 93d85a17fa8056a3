"""Arrays that come in: numbers whose squares are still numbers, in range, of one shape."""

import math

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidInputError
from analytics.stats import columns
from analytics.stats.columns import Floats as Floats

LARGEST = 1e100  # beyond it squares and their sums leave the range of doubles


def finite_array(name: str, values: ArrayLike, *, ndim: int = 1) -> Floats:
    """Return the values as float64, with `ndim` axes.

    Raises InvalidInputError on NaN, infinity, magnitudes beyond 1e100, text and other shapes.

    >>> finite_array("y", [1, 2.5])
    array([1. , 2.5])
    """
    array = columns.finite_array(name, values, ndim=ndim)
    if not (np.abs(array) <= LARGEST).all():
        raise InvalidInputError(f"{name} must be at most {LARGEST:g} in magnitude")
    return array


def require_between(name: str, array: Floats, low: float, high: float = math.inf) -> Floats:
    """Return the array; raises InvalidInputError unless every value lies in [low, high]."""
    if not ((array >= low) & (array <= high)).all():
        raise InvalidInputError(f"{name} must lie in [{low:g}, {high:g}]")
    return array


def require_same_shape(**arrays: Floats) -> None:
    """Raise InvalidInputError unless all arrays have one shape."""
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise InvalidInputError(f"arrays must have one shape, had {shapes}")
