"""Arrays from callers: taken as floats, or refused with what was wrong."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from analytics.stats.arrays import finite_array, require_between, require_same_shape


@pytest.mark.parametrize("values", [[1, 2], (1.0, 2.0), np.array([1, 2]), [True, 2]])
def test_array__numbers__are_floats(values: ArrayLike) -> None:
    found = finite_array("y", values)

    assert found.dtype == np.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    "values",
    [[np.nan], [np.inf], [1e101], ["a"], [None], [[1], [2, 3]], [[1.0]], 3.0, [10**400]],
    ids=str,
)
def test_array__anything_else__raises_with_its_name(values: ArrayLike) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: rewards must "):
        finite_array("rewards", values)


def test_between__ends__belong_to_the_range() -> None:
    assert require_between("p", np.array([0.0, 1.0]), 0, 1).tolist() == [0, 1]


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_between__outside__raises(value: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: p must lie in \[0, 1\]"):
        require_between("p", np.array([0.5, value]), 0, 1)


def test_shapes__that_differ__are_named() -> None:
    require_same_shape(a=np.zeros(2), b=np.ones(2))
    with pytest.raises(ValueError, match=r"a.*\(2,\).*b.*\(3,\)"):
        require_same_shape(a=np.zeros(2), b=np.ones(3))
