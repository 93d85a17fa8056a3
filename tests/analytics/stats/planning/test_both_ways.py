"""Days to an effect and back, and planned units beside statsmodels' own."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from analytics.stats.planning.design import Design, Goal, Looks, MetricHistory, sample_size
from analytics.stats.planning.duration import Traffic, duration
from analytics.stats.planning.mde import smallest_effect
from analytics.stats.results import Kind

ONCE = Design(looks=Looks.FIXED)
SHARE = st.floats(0.01, 0.99)
CURVES = st.lists(st.integers(50, 5000), min_size=7, max_size=28)
DESIGNS = st.builds(
    Design,
    weights=st.sampled_from([(1.0, 1.0), (1.0, 3.0), (1.0, 1.0, 2.0)]),
    alpha=st.floats(0.01, 0.1),
    power=st.floats(0.6, 0.95),
    looks=st.sampled_from(Looks),
    goal=st.sampled_from(Goal),
)
MEANS = st.builds(
    MetricHistory,
    st.just(Kind.MEAN),
    st.floats(0.1, 100),
    st.floats(0.1, 100),
    st.floats(-0.9, 0.9),
)
SHARES = st.builds(
    lambda p, r: MetricHistory(Kind.BINARY, p, math.sqrt(p * (1 - p)), r),
    SHARE,
    st.floats(-0.9, 0.9),
)


@given(
    history=MEANS | SHARES,
    design=DESIGNS,
    curve=CURVES,
    days=st.integers(1, 200),
    share=st.floats(0.05, 1),
    is_fall=st.booleans(),
)
def test_plan__days_to_effect_to_days__comes_back_to_the_same_day(
    history: MetricHistory,
    design: Design,
    curve: list[int],
    days: int,
    share: float,
    is_fall: bool,
) -> None:
    traffic = Traffic(tuple(sum(curve[: i + 1]) for i in range(len(curve))), share)
    n_units = traffic.units_by(days)
    assume(n_units * min(design.shares) >= 2)
    effect = smallest_effect(history, n_units, design, is_fall=is_fall)
    assume(effect is not None)
    assert effect is not None

    needed = sample_size(history, -effect if is_fall else effect, design).n_total
    back = duration(traffic, needed).days_needed

    # Each variant is rounded up to a whole unit, which may take part of another day.
    assert n_units <= needed * (1 + 1e-9)
    assert needed <= n_units + len(design.weights) + 1e-6 * n_units
    assert back is not None
    assert days <= back <= days + 1 + math.ceil(4 / traffic.new_per_day)


@given(value=SHARE, by=st.floats(0.01, 0.5))
def test_smallest_fall__of_a_share__is_the_rise_of_its_complement(value: float, by: float) -> None:
    sigma, n = math.sqrt(value * (1 - value)), 50_000 / by
    own = MetricHistory(Kind.BINARY, value, sigma)
    complement = MetricHistory(Kind.BINARY, 1 - value, sigma)

    fall = smallest_effect(own, n, ONCE, is_fall=True)

    assert fall == pytest.approx(smallest_effect(complement, n, ONCE), rel=1e-9)


def test_smallest_fall__below_nothing__is_none() -> None:
    rare = MetricHistory(Kind.BINARY, 0.01, math.sqrt(0.01 * 0.99))

    assert smallest_effect(rare, 40, ONCE, is_fall=True) is None
    assert smallest_effect(rare, 40, ONCE) is not None


@given(sigma=st.floats(0.1, 50), delta=st.floats(0.01, 0.3))
def test_units__of_a_mean_read_once__agree_with_statsmodels(sigma: float, delta: float) -> None:
    history = MetricHistory(Kind.MEAN, 1.0, sigma)

    found = sample_size(history, delta * sigma, ONCE).n_per_variant[0]

    theirs = NormalIndPower().solve_power(effect_size=delta, alpha=0.05, power=0.8)
    assert theirs - 1e-5 * theirs <= found <= 1 + theirs + 1e-5 * theirs


@given(value=st.floats(0.02, 0.9), lift=st.floats(0.02, 0.1))
def test_units__of_a_share_read_once__agree_with_statsmodels(value: float, lift: float) -> None:
    other = value * (1 + lift)
    history = MetricHistory(Kind.BINARY, value, math.sqrt(value * (1 - value)))

    found = sample_size(history, other - value, ONCE).n_per_variant[0]

    spread = (value * (1 - value) + other * (1 - other)) / 2
    size = (other - value) / math.sqrt(spread)
    theirs = NormalIndPower().solve_power(effect_size=size, alpha=0.05, power=0.8)
    assert theirs - 1e-5 * theirs <= found <= 1 + theirs + 1e-5 * theirs
