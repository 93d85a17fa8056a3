"""Whether a log can carry an estimate."""

import numpy as np
import pytest

from analytics.stats.offpolicy.diagnostics import check_overlap, overlap_of, unsupported_mass
from analytics.stats.results import CheckLevel, Status, WarningCode


def test_overlap__even_weights__is_worth_every_row() -> None:
    found = check_overlap([1.0] * 2000)

    assert (found.level, found.causes, found.warnings) == (CheckLevel.OK, (), ())
    assert found.evidence.ess == 2000
    assert found.evidence.max_share == 1 / 2000


def test_overlap__few_rows__warns_of_a_low_effective_sample(rng: np.random.Generator) -> None:
    found = check_overlap(rng.uniform(0.9, 1.1, 900))

    assert (found.level, found.warnings) == (CheckLevel.WARN, (WarningCode.LOW_ESS,))


def test_overlap__many_rows_worth_few__warns_below_one_in_a_hundred() -> None:
    # 1005 rows carry all the weight, of 150,000: above 1000, below 1 %.
    weights = np.zeros(150_000)
    weights[:1005] = 150_000 / 1005

    found = check_overlap(weights)

    assert found.evidence.ess == pytest.approx(1005)
    assert found.level is CheckLevel.WARN


def test_overlap__one_row_with_much_weight__warns() -> None:
    weights = np.full(40_000, 0.9)
    weights[0] = 4000.0

    found = check_overlap(weights)

    assert found.evidence.max_share == pytest.approx(4000 / (4000 + 0.9 * 39_999))
    assert "One row carries" in found.summary
    assert found.level is CheckLevel.WARN


@pytest.mark.parametrize(("mean", "level"), [(1.0, CheckLevel.OK), (0.9, CheckLevel.BLOCK)])
def test_overlap__mean_weight__must_be_one(
    mean: float, level: CheckLevel, rng: np.random.Generator
) -> None:
    weights = rng.gamma(2, 0.5, 20_000)

    assert check_overlap(weights / weights.mean() * mean).level is level


def test_overlap__propensities_rounded_to_four_digits__are_forgiven() -> None:
    # 1/34 logged as 0.0294: all weights alike, so their error would forgive nothing.
    assert check_overlap([1 / 34 / 0.0294] * 2000).level is CheckLevel.OK
    assert check_overlap([1 / 34 / 0.029] * 2000).level is CheckLevel.BLOCK


def test_overlap__unsupported_actions__blocks() -> None:
    mass = unsupported_mass([[0.5, 0.5], [0.9, 0.1]], [[1.0, 0.0], [0.5, 0.5]])

    assert mass == 0.25
    assert check_overlap([1.0] * 2000, unsupported=mass).level is CheckLevel.BLOCK
    assert check_overlap([1.0] * 2000, unsupported=0.0).level is CheckLevel.OK


def test_overlap__propensities_that_do_not_sum_to_one__blocks() -> None:
    assert check_overlap([1.0] * 2000, propensity_sums=[1, 1, 1]).level is CheckLevel.OK
    found = check_overlap([1.0] * 2000, propensity_sums=[1, 0.98, 1])

    assert found.level is CheckLevel.BLOCK
    assert found.evidence.worst_sum_error == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("weights", "status", "level"),
    [
        ([], Status.INSUFFICIENT_DATA, CheckLevel.OK),
        ([0.0, 0.0], Status.NO_OVERLAP, CheckLevel.BLOCK),
    ],
)
def test_overlap__no_weight__says_why(
    weights: list[float], status: Status, level: CheckLevel
) -> None:
    found = check_overlap(weights)

    assert (found.status, found.level, found.evidence.ess) == (status, level, None)


def test_overlap__huge_weights__stay_finite() -> None:
    found = overlap_of([1e100, 1e100, 1e-300])

    assert found.ess == pytest.approx(2)


@pytest.mark.parametrize("weights", [[-1.0], [float("nan")], [float("inf")]])
def test_overlap__impossible_weights__raises(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_overlap(weights)


def test_unsupported__no_context__is_unknown() -> None:
    assert unsupported_mass(np.empty((0, 2)), np.empty((0, 2))) is None
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        unsupported_mass([[0.5, 0.5]], [[0.5, 0.6, 0.1]])
