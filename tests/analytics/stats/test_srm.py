"""Sample ratio mismatch and multiple exposure."""

import numpy as np
import pytest
from scipy import stats

from analytics.errors import InvalidInputError
from analytics.stats.results import CheckLevel, Status
from analytics.stats.srm import exposure_check, pool_split_checks, split_check


@pytest.mark.parametrize(
    ("counts", "statistic", "p_value"),
    [
        ([50421, 49579], 7.08964, 0.007753081978),
        ([10120, 9880], 2.88, 0.08968602177),
        ([33000, 33600, 33400], 5.6, 0.06081006262),
    ],
)
def test_split__reference_counts__gives_the_published_values(
    counts: list[int], statistic: float, p_value: float
) -> None:
    check = split_check(counts, [1] * len(counts))

    # ▸ §11
    assert check.statistic == pytest.approx(statistic, rel=1e-9)
    assert check.p_value == pytest.approx(p_value, rel=1e-8)
    assert check.level is CheckLevel.OK


@pytest.mark.parametrize(("df", "cut"), [(1, 10.82756617), (2, 13.81551056), (3, 16.26623620)])
def test_split__published_cut_off__is_where_it_blocks(df: int, cut: float) -> None:
    # Two variants take up the difference; with n due in each, χ² = 2·d²/n.
    n = 10**12
    for share, level in ((0.999999, CheckLevel.OK), (1.000001, CheckLevel.BLOCK)):
        d = round((share * cut * n / 2) ** 0.5)
        check = split_check([n + d, n - d] + [n] * (df - 1), [1] * (df + 1))

        assert check.level is level


def test_split__uneven_weights__agrees_with_scipy(rng: np.random.Generator) -> None:
    counts = rng.multinomial(5000, [0.6, 0.3, 0.1])
    expected = stats.chisquare(counts, 5000 * np.array([0.6, 0.3, 0.1]))
    check = split_check(list(counts), [6, 3, 1])

    assert check.statistic == pytest.approx(expected.statistic, rel=1e-10)
    assert check.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert all(type(count) is int for count in check.counts)


def test_split__no_units__is_insufficient() -> None:
    check = split_check([0, 0], [1, 1])

    assert (check.status, check.p_value, check.level) == (
        Status.INSUFFICIENT_DATA,
        None,
        CheckLevel.OK,
    )


def test_split__empty_variant_of_weight_zero__is_left_out() -> None:
    assert split_check([510, 0, 490], [1, 0, 1]).p_value == split_check([510, 490], [1, 1]).p_value


def test_pooled__two_periods__sums_statistic_and_degrees() -> None:
    periods = [split_check([520, 480], [1, 1]), split_check([890, 110], [9, 1])]

    pooled = pool_split_checks([*periods, split_check([0, 0], [1, 1])])

    assert pooled.df == 2
    assert pooled.statistic == pytest.approx(sum(each.statistic or 0 for each in periods))
    assert pooled.p_value == pytest.approx(stats.chi2.sf(pooled.statistic or 0, 2), rel=1e-9)
    assert pooled.counts == (1410, 590)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [([1, 2], [1]), ([1, -2], [1, 1]), ([1, 2], [1, 0]), ([1], [1]), ([1, 2], [1, float("nan")])],
    ids=["lengths", "negative", "weight 0 with units", "one variant", "not finite"],
)
def test_split__impossible_input__raises(counts: list[int], weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        split_check(counts, weights)


@pytest.mark.parametrize(
    ("n_multiple", "level"),
    [
        (0, CheckLevel.OK),
        (10, CheckLevel.OK),
        (11, CheckLevel.WARN),
        (100, CheckLevel.WARN),
        (101, CheckLevel.BLOCK),
    ],
)
def test_exposure__share_of_units__sets_the_level(n_multiple: int, level: CheckLevel) -> None:
    assert exposure_check(n_multiple, 10_000).level is level


def test_exposure__uneven_split__says_that_leaving_out_biases() -> None:
    assert exposure_check(5, 10_000, weights=[9, 1]).is_biasing
    assert not exposure_check(5, 10_000, weights=[5, 5]).is_biasing
    assert not exposure_check(0, 10_000, weights=[9, 1]).is_biasing


def test_exposure__no_units__has_no_share() -> None:
    assert exposure_check(0, 0).share is None


def test_exposure__more_than_all__raises() -> None:
    with pytest.raises(InvalidInputError):
        exposure_check(3, 2)


@pytest.mark.parametrize("counts", [[1.5, 2], [float("nan"), 1], ["1", 2]])
def test_split__counts_that_are_no_integers__raises(counts: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        split_check(counts, [1, 1])


@pytest.mark.parametrize("threshold", [0.0, 1.0, float("nan")])
def test_split__threshold_outside_the_unit_interval__raises(threshold: float) -> None:
    with pytest.raises(InvalidInputError):
        split_check([1, 2], [1, 1], threshold=threshold)
