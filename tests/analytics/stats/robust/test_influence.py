"""What the largest units decide."""

import json

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates
from analytics.stats.means import mean_estimate
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.results import Kind, Monitoring, Status, WarningCode
from analytics.stats.robust.influence import Influence, influence, largest_share
from analytics.stats.value_counts import ValueCounts


def _of(control: list[int], treatment: list[int]) -> Influence:
    both = (ValueCounts.from_values(each) for each in (control, treatment))
    return influence(*both, monitoring=Monitoring.FIXED)


def test_influence__any_units__compares_without_the_largest(rng: np.random.Generator) -> None:
    a, b = rng.lognormal(3, 1, 300), rng.lognormal(3, 1, 300)
    found = influence(
        ValueCounts.from_values(a), ValueCounts.from_values(b), monitoring=Monitoring.FIXED
    )

    assert [each.n_removed for each in found.trimmed] == [1, 5]
    for each in found.trimmed:
        kept = (
            mean_estimate(CentredMoments.from_values(np.sort(x)[: 300 - each.n_removed].tolist()))
            for x in (a, b)
        )
        expected = compare_estimates(Kind.MEAN, *kept, monitoring=Monitoring.FIXED)
        assert each.comparison.p_value == pytest.approx(expected.p_value, rel=1e-9)
        assert each.comparison.effect == pytest.approx(expected.effect, rel=1e-9)


def test_influence__whole_numbers__stay_exact() -> None:
    found = _of([0, 5, 9, 2], [3, 8, 1, 7])

    assert found.trimmed[0].comparison.control == mean_estimate(Moments.from_values([0, 5, 2]))


def test_influence__few_units_hide_the_effect__warns() -> None:
    steady = [10, 11, 12, 13] * 50
    found = _of(steady, [each + 3 for each in steady[:-2]] + [4000, 5000])

    assert [each.changes_verdict for each in found.trimmed] == [False, True]
    assert found.warnings == (WarningCode.INFLUENTIAL_UNITS, WarningCode.DOMINANT_UNIT)


def test_influence__even_units__warn_of_nothing() -> None:
    found = _of([10, 11, 12, 13] * 50, [10, 11, 12, 14] * 50)

    assert found.warnings == ()
    assert found.largest_shares == pytest.approx((13 / 2300, 14 / 2350))


@pytest.mark.parametrize("few", [[], [4], [4, 5, 6]])
def test_influence__fewer_units_than_removed__is_insufficient(few: list[int]) -> None:
    found = _of(few, few)

    assert found.trimmed[1].comparison.status is Status.INSUFFICIENT_DATA
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("values", [[], [0, 0], [-5, 2]])
def test_largest_share__no_positive_total__is_none(values: list[int]) -> None:
    assert largest_share(ValueCounts.from_values(np.array(values, dtype=int))) is None


def test_influence__nothing_to_remove__raises() -> None:
    some = ValueCounts.from_values([1, 2, 3])

    with pytest.raises(InvalidInputError, match="at least one"):
        influence(some, some, top=(0,))
