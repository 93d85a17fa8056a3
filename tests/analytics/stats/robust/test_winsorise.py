"""Winsorised revenue and its report."""

import json
from typing import Any

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.results import Comparison, Monitoring, Status, WarningCode
from analytics.stats.robust.winsorise import WinsorisedComparison, compare_winsorised, pooled_cap
from analytics.stats.value_counts import ValueCounts

A = ValueCounts.from_values([0] * 12 + [1999, 2499, 4550, 5999, 120000])
B = ValueCounts.from_values([0] * 11 + [1500, 2599, 3999, 5250, 8999, 250000])


def _compare(*variants: ValueCounts, **settings: Any) -> WinsorisedComparison:
    return compare_winsorised(variants, **({"monitoring": Monitoring.FIXED} | settings))[0]


def test_winsorise__reference_units__gives_the_published_values() -> None:
    found = _compare(A, B, q=0.95)

    # ▸ §6
    assert found.report.cap == pytest.approx(47849.35, rel=1e-12)
    assert found.comparison.control.value == pytest.approx(3699.785294, rel=1e-9)
    assert found.comparison.treatment.value == pytest.approx(4129.197059, rel=1e-9)
    assert found.comparison.statistic == pytest.approx(0.1085437289, rel=1e-8)
    assert found.comparison.df == pytest.approx(31.99984204, rel=1e-9)


def test_winsorise__report__says_what_was_taken() -> None:
    report = _compare(A, B, q=0.95).report

    assert (report.is_frozen, report.q) == (False, 0.95)
    assert report.overall.n_capped == 2
    assert report.overall.share_capped == pytest.approx(2 / 34)
    assert report.variants[0].removed == pytest.approx(120000 - 47849.35)
    assert report.variants[1].share_removed == pytest.approx((250000 - 47849.35) / B.total)


def test_winsorise__money_in_larger_units__changes_no_verdict() -> None:
    scaled = [ValueCounts.from_values(each.expanded() / 100) for each in (A, B)]
    cents, euros = _compare(A, B, q=0.95), _compare(*scaled, q=0.95)

    assert euros.comparison.p_value == pytest.approx(cents.comparison.p_value, rel=1e-9)
    assert euros.comparison.effect == pytest.approx((cents.comparison.effect or 0) / 100, rel=1e-9)


def test_pooled_cap__variants__is_numpys_quantile_of_all(rng: np.random.Generator) -> None:
    parts = [rng.lognormal(3, 1, n) for n in (500, 900, 30)]
    variants = [ValueCounts.from_values(part) for part in parts]

    assert pooled_cap(variants) == pytest.approx(np.quantile(np.concatenate(parts), 0.999))


def test_winsorise__frozen_cap__may_be_watched() -> None:
    many = ValueCounts.from_counts({0: 900, 2000: 90, 500_000: 10})
    found = _compare(many, many, frozen_cap=9000.0, monitoring=Monitoring.ALWAYS_VALID)

    assert (found.report.cap, found.report.is_frozen, found.report.q) == (9000.0, True, None)
    assert found.comparison.monitoring is Monitoring.ALWAYS_VALID
    assert found.comparison.control.value == pytest.approx((90 * 2000 + 10 * 9000) / 1000)


def test_winsorise__cap_above_everything__is_the_raw_comparison() -> None:
    found = _compare(A, B, frozen_cap=1e9)

    assert found.comparison == found.raw
    assert found.report.overall.removed == 0
    assert found.warnings == ()


def test_winsorise__raw_effect_points_the_other_way__warns() -> None:
    a = ValueCounts.from_counts({0: 500, 100: 500})
    b = ValueCounts.from_counts({0: 560, 100: 439, 100_000: 1})

    assert _compare(a, b, frozen_cap=200.0).warnings == (WarningCode.CAP_CHANGES_SIGN,)


def test_winsorise__several_treatments__share_one_cap() -> None:
    found = compare_winsorised([A, B, A], monitoring=Monitoring.FIXED, q=0.95)

    assert len(found) == 2
    assert found[0].report == found[1].report
    assert found[1].comparison.effect == 0


@pytest.mark.parametrize("few", [[], [5]])
def test_winsorise__too_few_units__is_insufficient(few: list[int]) -> None:
    found = _compare(ValueCounts.from_values(few), ValueCounts.from_values(few))

    assert found.comparison.status is Status.INSUFFICIENT_DATA
    json.dumps(found.to_dict(), allow_nan=False)


def test_winsorise__all_zero__is_zero_variance() -> None:
    zeros = ValueCounts.from_values([0] * 50)
    found = _compare(zeros, zeros)

    assert found.comparison.status is Status.ZERO_VARIANCE
    assert found.report.overall.share_removed is None


def test_winsorise__few_buyers__leaves_nothing_above_a_cap_of_zero() -> None:
    found = _compare(*[ValueCounts.from_counts({0: 9999, 5000: 1})] * 2)

    assert (found.report.cap, found.comparison.status) == (0.0, Status.ZERO_VARIANCE)
    assert found.report.overall.share_removed == 1.0


def test_winsorise__uneven_split__is_judged_by_its_skewness() -> None:
    def found(units: dict[int, int]) -> Comparison:
        large = ValueCounts.from_counts({value: n * 9 for value, n in units.items()})
        return _compare(large, ValueCounts.from_counts(units), frozen_cap=1e6).comparison

    assert WarningCode.UNEQUAL_SPLIT in found({0: 990, 5000: 10}).warnings
    assert WarningCode.UNEQUAL_SPLIT not in found({0: 500, 10: 500}).warnings


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"monitoring": Monitoring.ALWAYS_VALID}, "fixed before"),
        ({"frozen_cap": 0.0}, "positive"),
        ({"frozen_cap": float("inf")}, "positive"),
        ({"frozen_cap": float("nan")}, "positive"),
        ({"q": 0.0}, "q must"),
        ({"q": 1.1}, "q must"),
        ({"alpha": 1.0}, "alpha"),
    ],
)
def test_winsorise__caller_mistakes__raise(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        _compare(A, B, **change)


def test_winsorise__one_variant__raises() -> None:
    with pytest.raises(InvalidInputError, match="two variants"):
        compare_winsorised([A], frozen_cap=1.0)
    with pytest.raises(InvalidInputError, match="variant"):
        pooled_cap([])
