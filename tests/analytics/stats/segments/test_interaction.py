"""Two segments by regression, and claims over several segmentations."""

import numpy as np
import pytest
import statsmodels.api as sm

from analytics.stats.means import mean_estimate
from analytics.stats.moments import CentredMoments
from analytics.stats.results import Estimate
from analytics.stats.segments.effects import SegmentEffect
from analytics.stats.segments.heterogeneity import heterogeneity
from analytics.stats.segments.interaction import (
    NO_EVIDENCE,
    SOME_EVIDENCE,
    interaction_test,
    segment_claims,
)


def test_interaction__units__agrees_with_regression_and_hc2(rng: np.random.Generator) -> None:
    treated, second = rng.integers(2, size=(2, 200))
    y = rng.gamma(2, 1 + treated + 2 * second)
    cells = [
        mean_estimate(CentredMoments.from_values(y[(second == s) & (treated == t)].tolist()))
        for s in (0, 1)
        for t in (0, 1)
    ]
    design = np.column_stack([np.ones(200), treated, second, treated * second])
    expected = sm.OLS(y, design).fit(cov_type="HC2")

    found = interaction_test((cells[0], cells[1]), (cells[2], cells[3]))

    assert found is not None
    assert found.effect == pytest.approx(expected.params[3], rel=1e-9)
    assert found.se == pytest.approx(expected.bse[3], rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalues[3], rel=1e-9)


def test_interaction__two_segments__is_the_root_of_q() -> None:
    first = (Estimate(100, 1.0, 0.02), Estimate(100, 1.2, 0.02))
    second = (Estimate(100, 1.0, 0.05), Estimate(100, 1.9, 0.04))

    found = interaction_test(first, second)

    q = heterogeneity([SegmentEffect("a", 0.2, 0.04**0.5), SegmentEffect("b", 0.9, 0.09**0.5)]).q
    assert found is not None
    assert q == pytest.approx(found.statistic**2)


def test_interaction__swapped_variants__flips_the_sign() -> None:
    a, b = (Estimate(100, 1.0, 0.02), Estimate(100, 1.2, 0.02))
    c, d = (Estimate(100, 1.0, 0.05), Estimate(100, 1.9, 0.04))

    found, swapped = interaction_test((a, b), (c, d)), interaction_test((b, a), (d, c))

    assert found is not None
    assert swapped is not None
    assert swapped.effect == pytest.approx(-found.effect)
    assert swapped.p_value == pytest.approx(found.p_value)
    assert found.interval.excludes(0) == (found.p_value < 0.05)


@pytest.mark.parametrize(
    "odd", [Estimate(0, None, None), Estimate(1, 1.0, None)], ids=["empty", "one unit"]
)
def test_interaction__undefined_cell__is_none(odd: Estimate) -> None:
    well = Estimate(10, 1.0, 0.1)

    assert interaction_test((well, odd), (well, well)) is None


def test_interaction__nothing_varies__is_none() -> None:
    flat = Estimate(10, 1.0, 0.0)

    assert interaction_test((flat, flat), (flat, flat)) is None


def test_claims__p_of_three_hundredths_among_two__does_not_hold() -> None:
    # z² = 0.9409 / 0.2 = 4.7, p = 0.03.
    close = heterogeneity([SegmentEffect("a", 0.0, 0.1**0.5), SegmentEffect("b", 0.97, 0.1**0.5)])
    equal = heterogeneity([SegmentEffect("a", 0.1, 0.3), SegmentEffect("b", 0.1, 0.3)])

    alone = segment_claims({"country": close})
    among = segment_claims({"country": close, "device": equal})

    assert (alone[0].is_shown, alone[0].text) == (True, SOME_EVIDENCE)
    assert (among[0].is_shown, among[0].text) == (False, NO_EVIDENCE)
    assert among[0].p_adjusted == pytest.approx(2 * (close.p_value or 0))


def test_claims__segmentation_that_cannot_be_judged__claims_nothing() -> None:
    (claim,) = segment_claims({"country": heterogeneity([])})

    assert (claim.is_shown, claim.p_adjusted) == (False, None)
    assert segment_claims({}) == ()
