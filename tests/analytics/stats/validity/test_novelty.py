"""Trends of the effect over days since first exposure."""

import numpy as np
import pytest
import statsmodels.api as sm

from analytics.stats.results import CheckLevel, Status, WarningCode
from analytics.stats.validity.novelty import GROWS, WEARS_OFF, DayEffect, check_novelty, trend_of

EFFECTS = [0.06, 0.05, 0.052, 0.041, 0.03, 0.033, 0.028]
ERRORS = [0.012, 0.011, 0.012, 0.011, 0.013, 0.012, 0.011]


def _days(effects: list[float], errors: list[float]) -> list[DayEffect]:
    return [DayEffect(day, *pair) for day, pair in enumerate(zip(effects, errors, strict=True))]


def test_trend__reference_week__gives_the_published_line() -> None:
    trend = trend_of(_days(EFFECTS, ERRORS))

    # ▸ §12
    assert trend.intercept == pytest.approx(0.0580436, rel=1e-6)
    assert trend.slope == pytest.approx(-0.00531783, rel=1e-6)
    assert trend.slope_se == pytest.approx(0.00217919, rel=2e-6)  # printed to six digits
    assert trend.statistic == pytest.approx(-2.44027580, rel=1e-6)


def test_trend__any_days__agrees_with_weighted_least_squares(rng: np.random.Generator) -> None:
    effects, errors = rng.normal(0, 1, 12), rng.uniform(0.5, 2, 12)
    expected = sm.WLS(effects, sm.add_constant(np.arange(12.0)), weights=errors**-2).fit()

    trend = trend_of(_days(effects.tolist(), errors.tolist()))

    assert (trend.intercept, trend.slope) == pytest.approx(tuple(expected.params), rel=1e-9)
    # Theirs scales by the residuals; the errors are known, so the scale is 1.
    known = expected.bse[1] / np.sqrt(expected.scale)
    assert trend.slope_se == pytest.approx(known, rel=1e-9)


def test_novelty__reference_week__is_not_flagged_yet() -> None:
    assert check_novelty(_days(EFFECTS, ERRORS)).level is CheckLevel.OK


@pytest.mark.parametrize(
    ("sign", "start", "causes"),
    [(-1, 0.08, WEARS_OFF), (1, 0.02, GROWS), (1, -0.08, WEARS_OFF), (-1, -0.02, GROWS)],
)
def test_novelty__steep_slope__names_what_fits_its_direction(
    sign: int, start: float, causes: tuple[str, ...]
) -> None:
    found = check_novelty(_days([start + sign * 0.01 * t for t in range(8)], [0.01] * 8))

    assert found.level is CheckLevel.WARN
    assert found.causes == causes
    assert found.warnings == (WarningCode.NOVELTY,)


def test_novelty__six_days__is_insufficient_however_steep() -> None:
    found = check_novelty(_days([0.6 - 0.1 * t for t in range(6)], [0.001] * 6))

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)
    assert found.evidence.statistic is not None


@pytest.mark.parametrize("n", [0, 1, 8])
def test_novelty__no_two_different_days__has_no_line(n: int) -> None:
    found = check_novelty([DayEffect(3, 0.1, 0.1)] * n)

    assert (found.status, found.evidence.slope) == (Status.INSUFFICIENT_DATA, None)


@pytest.mark.parametrize(
    ("effect", "se"), [(0.1, 0), (0.1, -1), (float("nan"), 1), (0.1, float("inf"))]
)
def test_novelty__impossible_input__raises(effect: float, se: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        trend_of([DayEffect(0, effect, se), DayEffect(1, 0.1, 0.1)])
