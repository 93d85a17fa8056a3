"""Whether segment effects differ: Cochran's Q, I², τ²."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.results import Estimate, Kind, Status
from analytics.stats.segments.effects import SegmentEffect, effects_of, segment_effects
from analytics.stats.segments.heterogeneity import heterogeneity

REFERENCE = [
    SegmentEffect("a", 0.6, 0.2),
    SegmentEffect("b", 0.1, 0.25),
    SegmentEffect("c", -0.2, 0.3),
]
UNKNOWN = SegmentEffect("new", None, None)


def test_q__reference_segments__gives_the_published_values() -> None:
    found = heterogeneity(REFERENCE)

    # ▸ §14
    assert found.pooled == pytest.approx(0.2759061834, rel=1e-6)
    assert found.q == pytest.approx(5.637526652, rel=1e-6)
    assert found.p_value == pytest.approx(0.05967970141, rel=1e-6)
    assert found.i2 == pytest.approx(0.6452344932, rel=1e-6)
    assert found.df == 2


def test_q__any_segments__agrees_with_statsmodels(rng: np.random.Generator) -> None:
    effects, errors = rng.normal(0, 2, 9), rng.uniform(0.2, 2, 9)
    expected = combine_effects(effects, errors**2, method_re="dl")

    found = heterogeneity(
        [SegmentEffect("s", *map(float, each)) for each in zip(effects, errors, strict=True)]
    )

    assert found.q == pytest.approx(expected.q, rel=1e-9)
    assert found.pooled == pytest.approx(expected.mean_effect_fe, rel=1e-9)
    assert found.pooled_se == pytest.approx(expected.sd_eff_w_fe, rel=1e-9)
    assert found.tau2 == pytest.approx(expected.tau2, rel=1e-9)
    assert found.p_value == pytest.approx(expected.test_homogeneity().pvalue, rel=1e-9)


def test_q__segment_without_effect__is_left_out() -> None:
    assert heterogeneity([*REFERENCE, UNKNOWN]) == heterogeneity(REFERENCE)


@pytest.mark.parametrize("segments", [[], REFERENCE[:1], [REFERENCE[0], UNKNOWN]])
def test_q__fewer_than_two__is_insufficient(segments: list[SegmentEffect]) -> None:
    found = heterogeneity(segments)

    assert (found.status, found.p_value) == (Status.INSUFFICIENT_DATA, None)


def test_q__equal_effects__is_zero() -> None:
    found = heterogeneity([SegmentEffect("a", 0.5, 0.1), SegmentEffect("b", 0.5, 0.2)])

    assert (found.q, found.p_value, found.i2, found.tau2) == (0, 1, 0, 0)


segments = st.lists(
    st.builds(
        SegmentEffect,
        st.just("s"),
        st.floats(-1e60, 1e60),
        st.floats(1e-60, 1e60),
    ),
    max_size=6,
)


@given(segments)
def test_q__any_magnitude__stays_finite(drawn: list[SegmentEffect]) -> None:
    found = heterogeneity(drawn)

    numbers = [found.pooled, found.pooled_se, found.q, found.p_value, found.i2, found.tau2]
    assert all(number is None or math.isfinite(number) for number in numbers)


@pytest.mark.parametrize(
    ("effect", "se"),
    [(0.1, 0.0), (0.1, -1.0), (math.nan, 1.0), (0.1, math.inf), (0.1, None), (None, 1.0)],
)
def test_segment__impossible_effect__raises(effect: float | None, se: float | None) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        SegmentEffect("a", effect, se)


def test_effects__estimates_without_error__are_unknown() -> None:
    found = segment_effects(
        {
            "well": (Estimate(10, 1.0, 0.09), Estimate(10, 1.5, 0.16)),
            "alone": (Estimate(1, 1.0, None), Estimate(10, 1.5, 0.16)),
            "empty": (Estimate(0, None, None), Estimate(10, 1.5, 0.16)),
            "flat": (Estimate(10, 1.0, 0.0), Estimate(10, 1.5, 0.0)),
        }
    )

    assert found[0] == SegmentEffect("well", 0.5, 0.5)
    assert [each.effect for each in found[1:]] == [None, None, None]


def test_effects__comparisons__are_taken_where_they_have_an_error() -> None:
    whole = compare(Kind.BINARY, Moments(10_000, 500, 500), Moments(10_000, 560, 560))
    flat = compare(Kind.BINARY, Moments(10_000, 0, 0), Moments(10_000, 0, 0))

    found = effects_of({"whole": whole, "flat": flat})

    assert found[0].effect == pytest.approx(0.006)
    assert found[1] == SegmentEffect("flat", None, None)
