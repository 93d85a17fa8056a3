"""Units without history."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from analytics.errors import InvalidInputError
from analytics.stats.results import Monitoring, Status, WarningCode
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.history import filled_history, history_check


def _missing(*counts: tuple[int, int]) -> list[Sample]:
    return [
        Sample.from_columns({"is_new": [1] * missing + [0] * (n - missing)})
        for missing, n in counts
    ]


def test_filled_history__missing_values__become_zero_and_an_indicator() -> None:
    x, is_missing = filled_history([2.5, float("nan"), 0.0])

    assert x.tolist() == [2.5, 0.0, 0.0]
    assert is_missing.tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("bad", [[float("inf")], ["a"], [[1.0]]])
def test_filled_history__not_numbers__raises(bad: Any) -> None:
    with pytest.raises(InvalidInputError):
        filled_history(bad)


@pytest.mark.parametrize(
    ("counts", "warnings"),
    [
        ([(480, 1000), (520, 1000)], ()),
        ([(400, 1000), (520, 1000)], (WarningCode.MISSING_HISTORY,)),
        ([(90, 200), (120, 300), (130, 290)], ()),
    ],
)
def test_history_check__shares__agree_with_scipy(
    counts: list[tuple[int, int]], warnings: tuple[WarningCode, ...]
) -> None:
    table = [[missing, n - missing] for missing, n in counts]
    found = history_check(_missing(*counts), indicator="is_new")

    assert found.p_value == pytest.approx(
        stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9
    )
    assert found.warnings == warnings
    assert found.missing == tuple(missing for missing, _ in counts)


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ([(0, 50), (0, 60)], Status.ZERO_VARIANCE),
        ([(50, 50), (60, 60)], Status.ZERO_VARIANCE),
        ([(10, 50), (0, 0)], Status.INSUFFICIENT_DATA),
    ],
    ids=["all have history", "none has", "an empty variant"],
)
def test_history_check__nothing_to_compare__says_why(
    counts: list[tuple[int, int]], status: Status
) -> None:
    found = history_check(_missing(*counts), indicator="is_new")

    assert (found.status, found.p_value, found.warnings) == (status, None, ())


def test_history_check__no_indicator__raises() -> None:
    samples = [Sample.from_columns({"is_new": [3, 4]})] * 2

    with pytest.raises(InvalidInputError, match="indicator"):
        history_check(samples, indicator="is_new")


@pytest.mark.slow
def test_cuped__half_the_units_without_history__keeps_its_level(
    rng: np.random.Generator,
) -> None:
    runs, ratios, rejected = 600, [], 0
    for _ in range(runs):
        (found,) = compare_cuped(
            [_skewed(rng, 1000), _skewed(rng, 1000)],
            covariates=["x", "is_new"],
            monitoring=Monitoring.FIXED,
        )
        ratios.append(found.variance_ratio or 0.0)
        rejected += (found.comparison.p_value or 1.0) < 0.05

    # The units that have history gain what one covariate gives; 0.05 plus three errors.
    assert 0.5 < np.mean(ratios) < 0.95
    assert rejected / runs < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def _skewed(rng: np.random.Generator, n: int) -> Sample:
    taste = rng.gamma(2, 1, n)
    y, x = rng.poisson(taste * 3), rng.poisson(taste * 3).astype(float)
    x[rng.random(n) < 0.5] = np.nan
    filled, is_new = filled_history(x)
    return Sample.from_columns({"y": y, "x": filled, "is_new": is_new})
