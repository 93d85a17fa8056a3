"""From predictions to weights, and predictions that have not seen their own reward."""

import numpy as np
import pytest

from analytics.stats.offpolicy.doubly_robust import (
    cross_fit,
    direct_method,
    doubly_robust,
    shrunken_dr,
    switch_dr,
    unit_folds,
)
from tests.analytics.stats.offpolicy.reference_log import REFERENCE


def test_shrunken__strength__leads_from_dm_to_dr() -> None:
    dm, dr = direct_method(REFERENCE).value, doubly_robust(REFERENCE).value

    assert shrunken_dr(REFERENCE, strength=1e-9).value == pytest.approx(dm)
    assert shrunken_dr(REFERENCE, strength=1e12).value == pytest.approx(dr)
    assert switch_dr(REFERENCE, threshold=1e9).value == pytest.approx(dr)


def test_folds__rows_of_a_unit__stay_together(rng: np.random.Generator) -> None:
    units = [f"u{i % 7}" for i in range(50)]

    folds = unit_folds(units, 3, rng=rng)

    by_unit = [{int(f) for f, u in zip(folds, units, strict=True) if u == v} for v in set(units)]
    assert all(len(each) == 1 for each in by_unit)
    assert set(folds) == {0, 1, 2}


def test_cross_fit__reward_of_a_row__never_reaches_its_prediction() -> None:
    rewards = np.array([1.0, 2.0, 4.0, 8.0])

    found = cross_fit(
        np.array([0, 1, 0, 1]),
        lambda learn, foretell: np.full(foretell.sum(), rewards[learn].sum()),
    )

    assert found.tolist() == [10, 5, 10, 5]


@pytest.mark.parametrize("n_folds", [1, 3])
def test_folds__fewer_units_than_folds__raises(n_folds: int, rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        unit_folds(["a", "b"], n_folds, rng=rng)
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        cross_fit(np.zeros(3, dtype=np.intp), lambda learn, foretell: np.zeros(3))
