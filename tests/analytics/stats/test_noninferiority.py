"""Guardrails: a metric must not become worse by more than a margin."""

import math

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.noninferiority import (
    absolute_margin_statistic,
    non_inferiority,
    non_inferiority_statistic,
)
from analytics.stats.proportions import share_estimate
from analytics.stats.references import upper_tail
from analytics.stats.results import Direction, Estimate, Kind, Monitoring, Status


def test_non_inferiority__reference_shares__gives_the_published_values() -> None:
    statistic = non_inferiority_statistic(
        share_estimate(500, 10000), share_estimate(495, 10000), margin=0.02
    )
    comparison = compare(
        Kind.BINARY, Moments(10000, 500, 500), Moments(10000, 495, 495), monitoring=Monitoring.FIXED
    )
    finding = non_inferiority(comparison, margin=0.02)

    # ▸ §13
    assert statistic == pytest.approx(0.1642492336, rel=1e-8)
    assert finding.statistic == pytest.approx(statistic)
    assert finding.p_value == pytest.approx(0.4347674723, rel=1e-8)
    assert not finding.is_shown
    assert not finding.is_exceeded


def test_absolute_margin__reference_shares__gives_the_published_values() -> None:
    a, b = share_estimate(500, 10000), share_estimate(495, 10000)
    statistic = absolute_margin_statistic(a, b, margin=0.001)

    # ▸ §13
    assert statistic == pytest.approx(0.1626072151, rel=1e-9)
    assert upper_tail(statistic) == pytest.approx(0.4354138529, rel=1e-9)


def test_absolute_margin__less_is_better__mirrors_the_effect() -> None:
    a, b = share_estimate(500, 10000), share_estimate(495, 10000)

    assert absolute_margin_statistic(a, b, margin=0.001, direction=Direction.DOWN) == pytest.approx(
        absolute_margin_statistic(b, a, margin=0.001)
    )


@pytest.mark.parametrize("margin", [-0.1, math.nan, math.inf])
def test_absolute_margin__impossible_margin__raises(margin: float) -> None:
    with pytest.raises(InvalidInputError):
        absolute_margin_statistic(share_estimate(5, 10), share_estimate(4, 10), margin=margin)


def test_absolute_margin__no_variance__raises() -> None:
    with pytest.raises(InvalidInputError):
        absolute_margin_statistic(share_estimate(0, 10), share_estimate(0, 10), margin=0.1)


@pytest.mark.parametrize("monitoring", list(Monitoring))
@pytest.mark.parametrize("direction", list(Direction))
def test_non_inferiority__any_outcome__agrees_with_the_worst_lift(
    monitoring: Monitoring, direction: Direction, rng: np.random.Generator
) -> None:
    for x in rng.integers(1800, 2200, 60):
        comparison = compare(
            Kind.BINARY, Moments(20000, 2000, 2000), Moments(20000, x, x), monitoring=monitoring
        )
        finding = non_inferiority(comparison, margin=0.05, direction=direction)

        assert finding.worst_lift is not None
        assert finding.p_value is not None
        assert finding.is_shown == (direction.sign * finding.worst_lift > -0.05)
        assert finding.is_shown == (finding.p_value < 0.05)


def test_non_inferiority__clear_harm__is_exceeded() -> None:
    a, b = Moments(20000, 2000, 2000), Moments(20000, 2600, 2600)

    finding = non_inferiority(compare(Kind.BINARY, a, b), margin=0.05, direction=Direction.DOWN)

    assert finding.is_exceeded
    assert not finding.is_shown


def test_non_inferiority__fault_appears_only_with_treatment__is_exceeded() -> None:
    a, b = Moments(20000, 0, 0), Moments(20000, 300, 300)

    finding = non_inferiority(compare(Kind.BINARY, a, b), margin=0.05, direction=Direction.DOWN)

    assert finding.is_exceeded
    assert finding.worst_lift is None


def test_non_inferiority__fault_never_seen__is_shown() -> None:
    never = Moments(20000, 0, 0)

    finding = non_inferiority(
        compare(Kind.BINARY, never, never), margin=0.05, direction=Direction.DOWN
    )

    assert (finding.status, finding.is_shown) == (Status.ZERO_VARIANCE, True)


def test_non_inferiority__negative_control_value__keeps_the_limit_below_it() -> None:
    control, worse = Estimate(1000, -10.0, 0.01), Estimate(1000, -12.0, 0.01)

    assert non_inferiority_statistic(control, worse, margin=0.1) < 0
    assert non_inferiority_statistic(control, control, margin=0.1) > 0


@pytest.mark.parametrize("margin", [-0.1, 1.0, float("nan")])
def test_non_inferiority__impossible_margin__raises(margin: float) -> None:
    with pytest.raises(InvalidInputError):
        non_inferiority_statistic(share_estimate(5, 10), share_estimate(4, 10), margin=margin)
