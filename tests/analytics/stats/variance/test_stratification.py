"""Post-stratification and the merging of small strata."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.references import NormalReference
from analytics.stats.variance.stratification import centred, poststratify


def _cell(n: int, mean: float, variance: float) -> CentredMoments:
    return CentredMoments(n=n, mean_y=mean, m2_y=variance * max(0, n - 1))


CONTROL = {"member": _cell(300, 20, 900), "guest": _cell(720, 5, 100)}
TREATMENT = {"member": _cell(310, 21.5, 960), "guest": _cell(670, 5.4, 110)}


def test_poststratify__reference_strata__gives_the_published_values() -> None:
    found = poststratify([CONTROL, TREATMENT], weights={"member": 0.3, "guest": 0.7})
    control, treatment = found.estimates
    test = effect_test(control, treatment, NormalReference(0.05))

    # ▸ §7
    assert test.effect == pytest.approx(0.73, rel=1e-9)
    assert test.se == pytest.approx(0.8349928108, rel=1e-9)
    assert test.statistic == pytest.approx(0.8742590242, rel=1e-9)


def test_poststratify__no_weights__are_the_shares_of_all_units() -> None:
    found = poststratify([CONTROL, TREATMENT])

    assert found.strata == (("member",), ("guest",))
    assert found.weights == pytest.approx((0.305, 0.695))


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=7))
def test_poststratify__any_strata__are_large_enough_or_one(sizes: list[tuple[int, int]]) -> None:
    variants = [
        {str(k): _cell(size[i], k, 1.0 if size[i] > 1 else 0.0) for k, size in enumerate(sizes)}
        for i in (0, 1)
    ]
    found = poststratify(variants)

    assert [each.n for each in found.estimates] == [sum(s[i] for s in sizes) for i in (0, 1)]
    assert sorted(name for names in found.strata for name in names) == sorted(variants[0])
    if len(found.strata) > 1:
        for names in found.strata:
            assert min(sum(sizes[int(k)][i] for k in names) for i in (0, 1)) >= 30
    if sum(map(sum, sizes)):
        assert math.fsum(found.weights) == pytest.approx(1)


def test_poststratify__one_stratum__is_the_plain_mean() -> None:
    values = Moments.from_values([1, 5, 2, 8, 0] * 20)
    found = poststratify([{"all": centred(values)}] * 2)

    assert found.estimates[0].value == pytest.approx(values.mean_y)
    assert found.estimates[0].variance == pytest.approx((values.variance_y or 0) / 100)


def test_poststratify__stratum_missing_in_a_variant__is_merged() -> None:
    found = poststratify([CONTROL | {"staff": _cell(40, 9, 4)}, TREATMENT])

    assert ("guest",) in found.strata
    assert ("staff", "member") in found.strata
    assert found.estimates[0].n == 1060


def test_poststratify__strata_explain_the_metric__has_the_smaller_error(
    rng: np.random.Generator,
) -> None:
    def variant() -> dict[str, CentredMoments]:
        return {k: CentredMoments.from_values(list(rng.normal(m, 1, 200))) for k, m in parts}

    parts = [("low", 0.0), ("high", 50.0)]
    a, b = variant(), variant()
    found = poststratify([a, b])
    whole = a["low"] + a["high"]

    assert (found.estimates[0].variance or 0) < 0.01 * (whole.variance_y or 0) / whole.n


@pytest.mark.parametrize("n", [0, 1])
def test_poststratify__too_few_units__is_undefined(n: int) -> None:
    found = poststratify([{"all": _cell(n, 3.0 * n, 0)}, {"all": _cell(50, 3, 1)}])

    assert (found.estimates[0].value, found.estimates[0].variance) == (3.0 if n else None, None)


@pytest.mark.parametrize(
    "weights", [{"member": 1.0}, {"member": 1.0, "guest": 0.0}, {"member": 1.0, "guest": math.nan}]
)
def test_poststratify__weights_that_do_not_fit__raise(weights: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        poststratify([CONTROL, TREATMENT], weights=weights)


def test_poststratify__no_variant__raises() -> None:
    with pytest.raises(InvalidInputError):
        poststratify([])
