"""CUPED for ratios: the covariate is the same ratio before exposure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates
from analytics.stats.results import Estimate, Kind, Monitoring
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import CupedComparison, compare_cuped
from analytics.stats.variance.theta import Theta

Ratio = tuple[str, str]  # the columns of its numerator and denominator


def linearised(sample: Sample, ratios: Sequence[Ratio]) -> Sample:
    """Return the sample of the ratios: means R = Σy / Σx, products of ℓ = (y − R·x) / m_x.

    One column per ratio, named by its numerator, so that means and their squared errors
    are those of the delta method. Raises InvalidInputError where a denominator's sum is
    not positive. Source: Deng, Knoblich & Lu (2018), KDD.
    """
    names = [top for top, _ in ratios]
    if sample.n == 0:
        return Sample.empty(names)
    slopes = np.zeros((len(ratios), len(sample.names)))
    values = []
    for row, (top, bottom) in enumerate(ratios):
        above, below = sample.mean(top) or 0.0, sample.mean(bottom) or 0.0
        if below <= 0:
            raise InvalidInputError(f"the sum of {bottom!r} must be positive, mean was {below}")
        values.append(above / below)
        slopes[row, sample.names.index(top)] += 1 / below
        slopes[row, sample.names.index(bottom)] -= above / below**2
    products = slopes @ sample.product_matrix() @ slopes.T
    np.fill_diagonal(products, np.maximum(products.diagonal(), 0))
    return Sample.from_arrays(sample.n, names, values, products)


def compare_ratio_cuped(
    samples: Sequence[Sample],
    *,
    ratio: Ratio = ("y", "x"),
    history: Sequence[Ratio] = (("w", "v"),),
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> tuple[CupedComparison, ...]:
    """Return every treatment's ratio against control's, adjusted for ratios before exposure.

    R − θ(Q − Q̄) with θ from the linearised values, variance var(ℓ_y − θ·ℓ_w) / n. A
    history whose denominator is empty in a variant is left out in all. Status
    `zero_denominator` where the ratio itself has none; else as `compare_cuped`.
    """
    if len(samples) < 2:
        raise InvalidInputError(f"a comparison needs two variants, had {len(samples)}")
    settings = {"monitoring": monitoring, "alpha": alpha, "planned_n": planned_n}
    defined = [_has_total(sample, ratio) for sample in samples]
    if not defined[0]:
        return tuple(_undefined(samples[0], each, **settings) for each in samples[1:])
    usable = [sample for sample, is_kept in zip(samples, defined, strict=True) if is_kept]
    adjusted = iter(_adjusted(usable, ratio, history, **settings))
    return tuple(
        next(adjusted) if is_kept else _undefined(samples[0], sample, **settings)
        for sample, is_kept in zip(samples[1:], defined[1:], strict=True)
    )


def _adjusted(
    samples: Sequence[Sample], ratio: Ratio, history: Sequence[Ratio], **settings: Any
) -> tuple[CupedComparison, ...]:
    if len(samples) < 2:
        return ()
    kept = [past for past in history if all(_has_total(sample, past) for sample in samples)]
    return compare_cuped(
        [linearised(sample, [ratio, *kept]) for sample in samples],
        covariates=[top for top, _ in kept],
        outcome=ratio[0],
        kind=Kind.RATIO,
        **settings,
    )


def _undefined(control: Sample, treatment: Sample, **settings: Any) -> CupedComparison:
    """Return the comparison whose status says that a ratio has no denominator."""
    estimates = (Estimate(each.n, None, None) for each in (control, treatment))
    raw = compare_estimates(Kind.RATIO, *estimates, **settings)
    return CupedComparison(raw, raw, Theta((), ()))


def _has_total(sample: Sample, ratio: Ratio) -> bool:
    """Tell whether the ratio's denominator adds up to something; negative sums are refused."""
    mean = sample.mean(ratio[1]) or 0.0
    if mean < 0:
        raise InvalidInputError(f"the denominator {ratio[1]!r} must not be negative")
    return mean > 0
