"""Triggered analyses: dilution, and the two checks they must pass."""

import pytest

from analytics.stats.proportions import share_estimate
from analytics.stats.results import CheckLevel, Estimate, Kind, Status, WarningCode
from analytics.stats.validity.triggered import (
    COMPLEMENT_CAUSES,
    SPLIT_CAUSES,
    check_triggered,
    dilute,
)

ALIKE = (share_estimate(500, 10_000), share_estimate(510, 10_000))
UNLIKE = (share_estimate(500, 10_000), share_estimate(620, 10_000))


def test_dilute__reference_case__gives_the_published_effect() -> None:
    # ▸ §12
    assert dilute(0.02, n_triggered=4000, n_all=20_000).effect == pytest.approx(0.004, rel=1e-6)


def test_dilute__lift__weighs_by_the_share_of_the_total() -> None:
    # 4000 of 20,000 units with a mean of 2 against 0.5 hold half of the total.
    found = dilute(0.2, n_triggered=4000, n_all=20_000, lift=0.1, control_share=0.5)

    # Over all: control (0.2·2 + 0.8·0.5) = 0.8, treatment 0.84.
    assert (found.effect, found.lift) == pytest.approx((0.04, 0.84 / 0.8 - 1))
    assert found.trigger_rate == 0.2


def test_dilute__lift_of_unknown_share__stays_unknown() -> None:
    assert dilute(0.2, n_triggered=1, n_all=2, lift=0.1).lift is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"effect": 0.1, "n_triggered": 3, "n_all": 2},
        {"effect": 0.1, "n_triggered": 0, "n_all": 0},
        {"effect": 0.1, "n_triggered": -1, "n_all": 2},
        {"effect": float("nan"), "n_triggered": 1, "n_all": 2},
        {"effect": 0.1, "n_triggered": 1, "n_all": 2, "lift": 0.1, "control_share": 1.5},
    ],
)
def test_dilute__impossible_input__raises(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        dilute(**arguments)  # type: ignore[arg-type]


def test_triggered__even_split_and_quiet_complement__is_well() -> None:
    found = check_triggered([2000, 2010], [1, 1], *ALIKE, kind=Kind.BINARY)

    assert (found.level, found.status) == (CheckLevel.OK, Status.OK)


def test_triggered__uneven_split__blocks() -> None:
    found = check_triggered([2200, 1800], [1, 1], *ALIKE, kind=Kind.BINARY)

    assert (found.level, found.causes) == (CheckLevel.BLOCK, SPLIT_CAUSES)
    assert found.warnings == (WarningCode.SRM,)


def test_triggered__effect_in_the_complement__blocks() -> None:
    found = check_triggered([2000, 2010], [1, 1], *UNLIKE, kind=Kind.BINARY)

    assert (found.level, found.causes) == (CheckLevel.BLOCK, COMPLEMENT_CAUSES)
    assert found.warnings == ()


def test_triggered__complement_without_spread_but_apart__blocks() -> None:
    apart = (Estimate(50, 1.0, 0.0), Estimate(50, 2.0, 0.0))

    assert check_triggered([20, 20], [1, 1], *apart).level is CheckLevel.BLOCK


def test_triggered__nobody__is_insufficient() -> None:
    nobody = Estimate(0, None, None)

    found = check_triggered([0, 0], [1, 1], nobody, nobody)

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)
