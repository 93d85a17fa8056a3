"""Values per unit as arrays: checked once, where they come in."""

from collections.abc import Iterable, Sequence, Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError

Values = Sequence[float] | NDArray[Any]
Floats = NDArray[np.float64]


def finite_array(name: str, values: ArrayLike, *, ndim: int = 1) -> Floats:
    """Return the values as float64; raises InvalidInputError on NaN, infinity or another shape.

    >>> finite_array("y", [1, 2.5])
    array([1. , 2.5])
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{name} must be numbers: {error}") from error
    if array.ndim != ndim:
        raise InvalidInputError(f"{name} must have {ndim} dimension(s), had {array.ndim}")
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{name} must be finite")
    return array


def require_same_length(columns: Iterable[Sized]) -> int:
    """Return the common length; raises InvalidInputError where columns differ."""
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InvalidInputError(f"columns must be equally long, were {sorted(lengths)}")
    return lengths.pop() if lengths else 0


def require_finite(name: str, values: Iterable[float]) -> None:
    """Raise InvalidInputError unless every value is finite."""
    if not np.isfinite(np.fromiter(values, dtype=np.float64)).all():
        raise InvalidInputError(f"{name} must be finite")
