"""The shrunk total: by hand, and by what must hold whatever the numbers."""

import math

import numpy as np
import pytest

from analytics.programme.impact import impact_of


def by_hand(effects: dict[str, tuple[float, float]], shipped: list[str]) -> tuple[float, float]:
    """Return the total and its standard error, written out as in the docstring."""
    lifts = np.array([lift for lift, _ in effects.values()])
    variances = np.array([se**2 for _, se in effects.values()])
    w = 1 / variances
    q = float(w @ (lifts - w @ lifts / w.sum()) ** 2)
    tau2 = max(0.0, q - (len(lifts) - 1)) / (w.sum() - (w**2).sum() / w.sum())
    weights = 1 / (variances + tau2)
    mean = weights @ lifts / weights.sum()
    kept = tau2 / (tau2 + variances)
    is_shipped = np.array([name in shipped for name in effects])
    total = float((mean + kept * (lifts - mean))[is_shipped].sum())
    own = float((kept * variances)[is_shipped].sum())
    shared = float((1 - kept)[is_shipped].sum()) ** 2 / weights.sum()
    return total, math.sqrt(own + shared)


EFFECTS = {
    "a": (0.10, 0.02),
    "b": (-0.03, 0.02),
    "c": (0.05, 0.04),
    "d": (0.00, 0.01),
    "e": (0.20, 0.09),
}


@pytest.mark.parametrize("shipped", [["a"], ["a", "c"], ["a", "c", "e"], list(EFFECTS)])
def test_impact__of_shipped_treatments__is_as_by_hand(shipped: list[str]) -> None:
    total, se = by_hand(EFFECTS, shipped)

    found = impact_of(EFFECTS, shipped)

    assert found.total == pytest.approx(total, rel=1e-9)
    assert found.interval is not None
    reach = (found.interval.high - found.interval.low) / 2
    assert reach == pytest.approx(1.959963985 * se, rel=1e-6)
    assert found.n_shipped == len(shipped)


def test_impact__of_winners_by_chance__is_hardly_anything() -> None:
    rng = np.random.default_rng(7)
    noise = {f"t{n}": (float(rng.normal(0, 0.03)), 0.03) for n in range(40)}
    winners = [name for name, (lift, _se) in noise.items() if lift > 0.03]

    found = impact_of(noise, winners)

    assert found.total is not None
    assert abs(found.total) < 0.5 * found.raw


def test_impact__of_sure_effects__is_what_was_measured() -> None:
    sure = {"a": (0.10, 1e-6), "b": (-0.05, 1e-6), "c": (0.02, 1e-6)}

    assert impact_of(sure, ["a"]).total == pytest.approx(0.10, abs=1e-6)


def test_impact__of_less_than_two_effects__says_only_what_was_measured() -> None:
    found = impact_of({"a": (0.10, 0.02)}, ["a"])

    assert (found.raw, found.total, found.interval) == (0.10, None, None)


def test_impact__nothing_shipped__is_zero_without_a_range() -> None:
    found = impact_of(EFFECTS, [])

    assert (found.n_shipped, found.total, found.interval) == (0, 0.0, None)
