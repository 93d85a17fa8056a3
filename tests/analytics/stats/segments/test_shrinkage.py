"""Segment effects drawn to their mean."""

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from analytics.stats.results import Status
from analytics.stats.segments.effects import SegmentEffect
from analytics.stats.segments.shrinkage import shrink_effects

APART = [SegmentEffect("a", 0.6, 0.2), SegmentEffect("b", 0.1, 0.25), SegmentEffect("c", -0.2, 0.3)]


def test_shrink__mean__agrees_with_random_effects_of_statsmodels() -> None:
    expected = combine_effects(
        np.array([0.6, 0.1, -0.2]), np.array([0.04, 0.0625, 0.09]), method_re="dl"
    )

    found = shrink_effects(APART)

    assert found.tau2 == pytest.approx(expected.tau2, rel=1e-9)
    assert found.mean == pytest.approx(expected.mean_effect_re, rel=1e-9)
    assert found.mean_se == pytest.approx(expected.sd_eff_w_re, rel=1e-9)


def test_shrink__effects__lie_between_own_and_mean() -> None:
    found = shrink_effects(APART)

    assert found.mean is not None
    for own, shrunken in zip(APART, found.segments, strict=True):
        assert own.effect is not None
        assert shrunken.effect is not None
        assert shrunken.kept is not None
        assert shrunken.effect - found.mean == pytest.approx(
            shrunken.kept * (own.effect - found.mean)
        )
        assert 0 < shrunken.kept < 1
    kept = [each.kept or 0 for each in found.segments]
    assert kept == sorted(kept, reverse=True)  # the surest keeps most


def test_shrink__effects_alike__are_all_the_mean() -> None:
    found = shrink_effects([SegmentEffect("a", 0.3, 0.2), SegmentEffect("b", 0.31, 0.4)])

    assert found.tau2 == 0
    assert {each.effect for each in found.segments} == {found.mean}
    assert {each.se for each in found.segments} == {found.mean_se}


def test_shrink__segment_without_effect__stays_without() -> None:
    found = shrink_effects([*APART, SegmentEffect("new", None, None)])

    assert found.segments[-1].status is Status.INSUFFICIENT_DATA
    assert found.segments[-1].effect is None
    assert found.segments[:-1] == shrink_effects(APART).segments


@pytest.mark.parametrize("segments", [[], APART[:1]])
def test_shrink__fewer_than_two__is_insufficient(segments: list[SegmentEffect]) -> None:
    found = shrink_effects(segments)

    assert (found.status, found.mean) == (Status.INSUFFICIENT_DATA, None)
    assert len(found.segments) == len(segments)


def test_shrink__wider_confidence__contains_the_narrower() -> None:
    narrow, wide = shrink_effects(APART, alpha=0.1), shrink_effects(APART, alpha=0.01)

    for inner, outer in zip(narrow.segments, wide.segments, strict=True):
        assert inner.interval is not None
        assert outer.interval is not None
        assert inner.interval.lies_within(outer.interval.low, outer.interval.high)


def test_shrink__many_true_effects__is_nearer_than_what_was_seen(
    rng: np.random.Generator,
) -> None:
    truth = rng.normal(1, 0.3, 400)
    errors = rng.uniform(0.2, 0.6, 400)
    seen = rng.normal(truth, errors)

    found = shrink_effects(
        [SegmentEffect("s", *map(float, each)) for each in zip(seen, errors, strict=True)]
    )
    effects = np.array([each.effect for each in found.segments], dtype=float)
    covered = [
        each.interval is not None and not each.interval.excludes(float(true))
        for each, true in zip(found.segments, truth, strict=True)
    ]

    assert np.mean((effects - truth) ** 2) < 0.6 * np.mean((seen - truth) ** 2)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.04)
