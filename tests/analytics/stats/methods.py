"""Every way to compare two variants, from the same whole values of their units."""

from collections.abc import Callable
from typing import Any

import numpy as np

from analytics.stats.compare import compare, compare_estimates
from analytics.stats.counts import poisson_test
from analytics.stats.moments import Moments
from analytics.stats.quantiles import compare_quantiles, quantile_estimate
from analytics.stats.results import Comparison, EffectTest, Kind
from analytics.stats.robust.influence import influence
from analytics.stats.robust.winsorise import compare_winsorised
from analytics.stats.samples import Sample
from analytics.stats.value_counts import ValueCounts
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.cuped_ratio import compare_ratio_cuped
from analytics.stats.variance.regression import ancova, lin_regression
from analytics.stats.variance.stratification import centred, poststratify

CAP = 20
Shown = Comparison | EffectTest | None
Method = Callable[..., Shown]


def shares(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    bought = ([value % 2 for value in values] for values in variants)
    return compare(Kind.BINARY, *map(Moments.from_values, bought), **settings)


def means(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    return compare(
        Kind.MEAN, *(Moments.from_values(_money(v, scale)) for v in variants), **settings
    )


def ratios(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = (Moments.from_values(_money(v, scale), _orders(v)) for v in variants)
    return compare(Kind.RATIO, *both, **settings)


def quantiles(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = (quantile_estimate(_counts(v, scale), 0.5) for v in variants)
    return compare_quantiles(*both, **settings)


def winsorised(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = [_counts(v, scale) for v in variants]
    return compare_winsorised(both, frozen_cap=CAP * scale, **settings)[0].comparison


def trimmed(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    found = influence(*(_counts(v, scale) for v in variants), top=[5], **settings)
    return found.trimmed[0].comparison


def cuped(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = [Sample.from_columns({"y": _money(v, scale), "x": _before(v)}) for v in variants]
    return compare_cuped(both, covariates=["x"], **settings)[0].comparison


def ratio_cuped(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = [
        Sample.from_columns(
            {"y": _money(v, scale), "x": _orders(v), "w": _before(v), "v": _orders(v)}
        )
        for v in variants
    ]
    return compare_ratio_cuped(both, **settings)[0].comparison


def stratified(*variants: list[int], scale: int = 1, **settings: Any) -> Shown:
    both = [
        {"new": _stratum(values[::2], scale), "known": _stratum(values[1::2], scale)}
        for values in variants
    ]
    return compare_estimates(Kind.MEAN, *poststratify(both).estimates, **settings)


def lin(*variants: list[int], scale: int = 1, alpha: float = 0.05) -> Shown:
    return lin_regression(*_columns(*variants, scale=scale), alpha=alpha).test


def one_slope(*variants: list[int], scale: int = 1, alpha: float = 0.05) -> Shown:
    return ancova(*_columns(*variants, scale=scale), alpha=alpha).test


def poisson(*variants: list[int], scale: int = 1, alpha: float = 0.05) -> Shown:
    return poisson_test(*map(Moments.from_values, variants), alpha=alpha).test


WATCHED: list[Method] = [shares, means, ratios, quantiles, winsorised]
WATCHED += [trimmed, cuped, ratio_cuped, stratified]
EVERY: list[Method] = [*WATCHED, lin, one_slope, poisson]
ADJUSTED: list[Method] = [cuped, ratio_cuped]  # their lift is over the control unadjusted
IN_MONEY = [each for each in EVERY if each not in (shares, poisson)]


def _money(values: list[int], scale: int) -> list[int]:
    return [value * scale for value in values]


def _orders(values: list[int]) -> list[int]:
    return [1 + value % 3 for value in values]


def _before(values: list[int]) -> list[int]:
    return [value // 2 + place % 4 for place, value in enumerate(values)]


def _counts(values: list[int], scale: int) -> ValueCounts:
    return ValueCounts.from_values(np.array(values, dtype=np.int64) * scale)


def _stratum(values: list[int], scale: int) -> Any:
    return centred(Moments.from_values(_money(values, scale)))


def _columns(
    control: list[int], treatment: list[int], *, scale: int
) -> tuple[list[int], list[int], list[int]]:
    is_treated = [0] * len(control) + [1] * len(treatment)
    return _money(control + treatment, scale), is_treated, _before(control) + _before(treatment)
