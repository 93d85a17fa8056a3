"""CUPED of ratios by linearisation."""

from collections.abc import Sequence

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.moments import Moments
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Monitoring, Status
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import CupedComparison
from analytics.stats.variance.cuped_ratio import compare_ratio_cuped, linearised

ROWS_A = [(1, 10, 2, 12), (0, 4, 0, 5), (2, 12, 1, 9), (1, 9, 1, 11), (0, 5, 0, 6), (3, 20, 2, 15)]
ROWS_B = [(2, 11, 2, 13), (1, 6, 0, 4), (1, 8, 1, 10), (3, 14, 2, 12), (0, 5, 0, 7), (2, 15, 1, 16)]


def _sample(rows: Sequence[tuple[int, ...]]) -> Sample:
    return Sample.from_columns(dict(zip("yxwv", np.array(rows).T, strict=True)))


def _compare(*samples: Sample) -> tuple[CupedComparison, ...]:
    return compare_ratio_cuped(samples, monitoring=Monitoring.FIXED)


def test_cuped_ratio__reference_rows__gives_the_published_values() -> None:
    (found,) = _compare(_sample(ROWS_A), _sample(ROWS_B))

    # ▸ §7
    assert found.theta.values[0] == pytest.approx(0.6772474162, rel=1e-8)
    assert found.comparison.effect == pytest.approx(0.04039571122, rel=1e-8)
    assert found.comparison.se == pytest.approx(0.02140834945, rel=1e-8)
    assert found.raw.effect == pytest.approx(0.03587570621, rel=1e-8)
    assert found.raw.se == pytest.approx(0.03171689404, rel=1e-8)


def test_linearised__one_ratio__is_the_delta_method() -> None:
    clicks, views = [row[0] for row in ROWS_A], [row[1] for row in ROWS_A]
    found = linearised(_sample(ROWS_A), [("y", "x")]).estimate("y")
    expected = ratio_estimate(Moments.from_values(clicks, views))

    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert found.variance == pytest.approx(expected.variance, rel=1e-10)


def test_cuped_ratio__no_history_in_one_variant__is_the_unadjusted_result() -> None:
    fresh = _sample([(*row[:2], 0, 0) for row in ROWS_B])
    (found,) = _compare(_sample(ROWS_A), fresh)

    assert found.theta.names == ()
    assert found.comparison == found.raw
    assert found.comparison.status is Status.OK


def test_cuped_ratio__nothing_shown_in_one_treatment__leaves_the_other() -> None:
    empty = _sample([(0, 0, *row[2:]) for row in ROWS_B])
    without, sound = _compare(_sample(ROWS_A), empty, _sample(ROWS_B))

    assert without.comparison.status is Status.ZERO_DENOMINATOR
    assert without.comparison.effect is None
    assert sound.comparison.effect == pytest.approx(0.04039571122, rel=1e-8)


def test_cuped_ratio__nothing_shown_in_control__is_zero_denominator() -> None:
    empty = _sample([(0, 0, *row[2:]) for row in ROWS_A])

    (found,) = _compare(empty, _sample(ROWS_B))

    assert found.comparison.status is Status.ZERO_DENOMINATOR


def test_cuped_ratio__no_units__is_insufficient() -> None:
    (found,) = _compare(_sample(ROWS_A), Sample.empty(tuple("yxwv")))

    assert found.comparison.status is Status.INSUFFICIENT_DATA


def test_cuped_ratio__caller_mistakes__raise() -> None:
    negative = _sample([(1, -3, 1, 1), (1, -2, 1, 1)])

    with pytest.raises(InvalidInputError, match="negative"):
        _compare(_sample(ROWS_A), negative)
    with pytest.raises(InvalidInputError, match="positive"):
        linearised(negative, [("y", "x")])
    with pytest.raises(InvalidInputError, match="two variants"):
        _compare(_sample(ROWS_A))
    with pytest.raises(InvalidInputError, match="no column"):
        compare_ratio_cuped([_sample(ROWS_A)] * 2, ratio=("y", "q"))
