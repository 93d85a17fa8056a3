"""Effects over phases of different shares."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.stats.moments import Moments
from analytics.stats.proportions import share_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import CheckLevel, Estimate, Status, WarningCode
from analytics.stats.validity.simpson import check_simpson, stratified_effect

PHASES = [
    (share_estimate(20, 1000), share_estimate(22, 1000)),
    (share_estimate(250, 5000), share_estimate(26, 500)),
]


def test_stratified__reference_phases__gives_the_published_values() -> None:
    found = stratified_effect(PHASES)

    # ▸ §12
    assert found.pooled_effect == pytest.approx(-0.013, rel=1e-6)
    assert found.effect == pytest.approx(0.002, rel=1e-6)
    assert found.se == pytest.approx(0.007813660, rel=1e-6)


def test_simpson__turned_sign__warns() -> None:
    found = check_simpson(PHASES)

    assert (found.level, found.warnings) == (CheckLevel.WARN, (WarningCode.SIMPSON,))


def test_simpson__one_sign__is_well() -> None:
    assert check_simpson(PHASES[:1]).level is CheckLevel.OK


def test_simpson__ratio_metric__takes_the_pooled_estimates() -> None:
    # Fewer clicks per impression in both phases, more when pooled.
    phases = [
        (Moments.from_values([4, 5, 4], [10] * 3), Moments.from_values([4, 3, 5], [10] * 3)),
        (
            Moments.from_values([10, 11, 10], [100] * 3),
            Moments.from_values([1, 1, 0], [10, 10, 10]),
        ),
    ]
    estimates = [(ratio_estimate(a), ratio_estimate(b)) for a, b in phases]
    pooled = (
        ratio_estimate(phases[0][0] + phases[1][0]),
        ratio_estimate(phases[0][1] + phases[1][1]),
    )

    assert check_simpson(estimates, pooled=pooled).level is CheckLevel.WARN
    assert check_simpson(estimates).level is CheckLevel.OK


def test_stratified__undefined_phase__is_left_out_and_told() -> None:
    found = stratified_effect([*PHASES, (Estimate(1, 0.0, None), Estimate(1, 1.0, None))])

    assert found.effect == pytest.approx(0.002)
    assert found.share == pytest.approx(7500 / 7502)


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        ([(Estimate(0, None, None), Estimate(0, None, None))], Status.INSUFFICIENT_DATA),
        ([(Estimate(1, 1.0, None), Estimate(1, 1.0, None))], Status.INSUFFICIENT_DATA),
        ([(Estimate(9, 1.0, 0.0), Estimate(9, 2.0, 0.0))], Status.ZERO_VARIANCE),
    ],
    ids=["empty", "one unit", "no variance"],
)
def test_stratified__nothing_to_judge__says_why(
    phases: list[tuple[Estimate, Estimate]], status: Status
) -> None:
    found = stratified_effect(phases)

    assert (found.status, found.p_value, found.interval) == (status, None, None)
    assert check_simpson(phases).level is CheckLevel.OK


def test_stratified__no_phase__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        stratified_effect([])


estimates = st.builds(Estimate, st.integers(2, 10**12), st.floats(-1e6, 1e6), st.floats(1e-12, 1e6))


@given(st.lists(st.tuples(estimates, estimates), min_size=1, max_size=5))
def test_stratified__swapped_variants__flips_signs(
    phases: list[tuple[Estimate, Estimate]],
) -> None:
    found = stratified_effect(phases)
    swapped = stratified_effect([(b, a) for a, b in phases])

    assert found.effect is not None
    assert swapped.effect == pytest.approx(-found.effect, abs=1e-9)
    assert found.se is not None
    assert math.isfinite(found.se)
    assert swapped.se == pytest.approx(found.se)
