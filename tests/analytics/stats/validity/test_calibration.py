"""p-values of A/A re-splits: uniform where the method fits, found out where it does not."""

import numpy as np
import pytest
from scipy import stats

from analytics.stats.results import CheckLevel, Status
from analytics.stats.validity.calibration import check_calibration, resplit_p_values


def test_calibration__evenly_spread__is_well_and_agrees_with_scipy() -> None:
    p_values = (np.arange(1000) + 0.5) / 1000

    found = check_calibration(list(p_values))

    assert found.level is CheckLevel.OK
    assert found.evidence.rejection_rate == 0.05
    assert found.evidence.ks_p_value == pytest.approx(stats.kstest(p_values, "uniform").pvalue)
    assert found.evidence.allowed is not None
    assert found.evidence.allowed.high == pytest.approx(0.05 + 1.959964 * (0.0475 / 1000) ** 0.5)


@pytest.mark.parametrize(("power", "level"), [(1.3, CheckLevel.BLOCK), (0.7, CheckLevel.WARN)])
def test_calibration__too_small_or_too_large__is_found(power: float, level: CheckLevel) -> None:
    found = check_calibration(list(((np.arange(2000) + 0.5) / 2000) ** power))

    assert found.level is level


def test_calibration__uniform_but_too_often_small__blocks() -> None:
    spread = np.concatenate([np.full(70, 0.0499), np.linspace(0.051, 1, 930)])

    found = check_calibration(list(spread))

    assert found.evidence.ks_p_value is not None
    assert found.evidence.ks_p_value > 0.01
    assert found.level is CheckLevel.BLOCK


def test_calibration__few_runs__is_insufficient() -> None:
    assert check_calibration([0.5] * 999).status is Status.INSUFFICIENT_DATA


@pytest.mark.parametrize("p_values", [[1.2], [-0.1], [float("nan")]])
def test_calibration__no_p_values__raises(p_values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_calibration(p_values)


def test_resplit__one_run__is_welch(rng: np.random.Generator) -> None:
    y = rng.normal(size=41)
    order = np.random.default_rng(7).permutation(41)
    expected = stats.ttest_ind(y[order[:20]], y[order[20:]], equal_var=False).pvalue

    (found,) = resplit_p_values(y, n_runs=1, rng=np.random.default_rng(7))

    assert found == pytest.approx(expected, rel=1e-9)


def test_resplit__clicks_of_units__are_calibrated_as_a_ratio(rng: np.random.Generator) -> None:
    x = rng.poisson(11, 1500)
    y = rng.binomial(x, rng.beta(1, 19, 1500))

    p_values = resplit_p_values(y, x=x, n_runs=1000, rng=rng)

    assert check_calibration(list(p_values)).level is CheckLevel.OK


def test_resplit__one_row_per_event_of_few_units__is_found_out(rng: np.random.Generator) -> None:
    # The fault the check is for: impressions split by unit, but tested as independent rows.
    x = rng.poisson(11, 400) + 1
    clicks = rng.binomial(x, rng.beta(0.3, 3, 400))
    wrong = []
    for _ in range(1000):
        in_b = rng.permutation(400) < 200
        table = [[clicks[side].sum(), (x - clicks)[side].sum()] for side in (in_b, ~in_b)]
        wrong.append(stats.chi2_contingency(table, correction=False).pvalue)

    assert check_calibration(wrong).level is CheckLevel.BLOCK


def test_resplit__nothing_varies__shows_no_difference(rng: np.random.Generator) -> None:
    assert resplit_p_values([3, 3, 3, 3], n_runs=5, rng=rng).tolist() == [1.0] * 5


@pytest.mark.parametrize(
    ("y", "share"), [([1, 2, 3], 0.5), ([1, 2, 3, 4], 0.0), ([1, 2, float("nan"), 3], 0.5)]
)
def test_resplit__impossible_input__raises(
    y: list[float], share: float, rng: np.random.Generator
) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        resplit_p_values(y, share=share, rng=rng)
