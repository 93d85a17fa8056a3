"""Counts per unit and the refusal of the Poisson test."""

import json

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.counts import dispersion, poisson_test
from analytics.stats.moments import Moments
from analytics.stats.results import Status, WarningCode


def test_dispersion__poisson_counts__is_one(rng: np.random.Generator) -> None:
    assert dispersion(Moments.from_values(rng.poisson(3, 20_000).tolist())) == pytest.approx(
        1, abs=0.04
    )


def test_poisson_test__counts_of_heavy_users__is_refused(rng: np.random.Generator) -> None:
    a, b = (Moments.from_values(rng.negative_binomial(1, 0.3, 2000).tolist()) for _ in range(2))
    found = poisson_test(a, b)

    assert found.warnings == (WarningCode.OVERDISPERSED,)
    assert found.test is None
    assert (found.dispersion[0] or 0) > 1.2


def test_poisson_test__poisson_counts__is_the_z_test(rng: np.random.Generator) -> None:
    a, b = (Moments.from_values(rng.poisson(m, 3000).tolist()) for m in (2.0, 2.2))
    found = poisson_test(a, b)
    rates = a.sum_y / a.n, b.sum_y / b.n
    expected = (rates[1] - rates[0]) / np.sqrt(rates[0] / a.n + rates[1] / b.n)

    assert found.test is not None
    assert found.test.statistic == pytest.approx(expected, rel=1e-12)
    assert found.test.interval.excludes(0) == (found.test.p_value < 0.05)


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [
        ([], [1, 2], Status.INSUFFICIENT_DATA),
        ([1], [1, 2], Status.INSUFFICIENT_DATA),
        ([0, 0], [0, 0], Status.ZERO_VARIANCE),
    ],
)
def test_poisson_test__degenerate_counts__say_why(
    a: list[int], b: list[int], status: Status
) -> None:
    found = poisson_test(Moments.from_values(a), Moments.from_values(b))

    assert (found.status, found.test) == (status, None)
    json.dumps(found.to_dict(), allow_nan=False)


def test_poisson_test__caller_mistakes__raise() -> None:
    counts = Moments.from_values([1, 2, 1])

    with pytest.raises(InvalidInputError, match="alpha"):
        poisson_test(counts, counts, alpha=1.5)
    with pytest.raises(InvalidInputError, match="negative"):
        dispersion(Moments.from_values([-1, 0]))
