"""CUPED: take out of a metric what the units' own past explains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates, reference_of
from analytics.stats.effects import judged_effect, require_defined
from analytics.stats.lift import effect_lift
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring, Plain, Status
from analytics.stats.samples import Sample
from analytics.stats.variance.theta import Theta, pooled_theta

NOTHING_LEFT = 1e-13  # of the parts: what rounding leaves when a covariate explains everything


@dataclass(frozen=True, slots=True)
class CupedComparison(Plain):
    """The adjusted comparison beside the raw one; `variance_ratio` is adjusted / raw."""

    comparison: Comparison
    raw: Comparison
    theta: Theta
    variance_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class AdjustedMean(Plain):
    """One variant's adjusted mean, beside the raw one and how the two vary together."""

    estimate: Estimate
    raw: Estimate
    covariance: float | None  # of the adjusted with the raw mean


def adjusted_means(
    samples: Sequence[Sample], theta: Theta, *, outcome: str = "y"
) -> tuple[AdjustedMean, ...]:
    """Return m_y − θ(m_x − x̄) per variant, x̄ over the units of all variants.

    Variance (v_y + θ'V_xxθ − 2θ'c_xy) / n. Below two units a variant has no variance and
    does not feed θ, yet its mean is adjusted.
    """
    centre = _centre(samples, theta)
    return tuple(_adjusted(sample, theta, centre, outcome) for sample in samples)


def compare_cuped(
    samples: Sequence[Sample],
    *,
    covariates: Sequence[str],
    outcome: str = "y",
    kind: Kind = Kind.MEAN,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> tuple[CupedComparison, ...]:
    """Return every treatment against control, `samples[0]`, adjusted with one θ for all.

    Covariates must be fixed before exposure. The lift is over the unadjusted control
    value, its interval Fieller's with their covariance, so that it agrees with the test.
    Without covariates that vary θ is 0 and the result the unadjusted one. Statuses as
    `compare`, judged on the raw metric. Raises InvalidInputError below two variants.
    Source: Deng, Xu, Kohavi & Walker (2013), WSDM.
    """
    if len(samples) < 2:
        raise InvalidInputError(f"a comparison needs two variants, had {len(samples)}")
    theta = pooled_theta(samples, outcome=outcome, covariates=covariates)
    control, *treatments = adjusted_means(samples, theta, outcome=outcome)
    raws = [
        compare_estimates(
            kind,
            control.raw,
            each.raw,
            monitoring=monitoring,
            alpha=alpha,
            planned_n=planned_n,
        )
        for each in treatments
    ]
    return tuple(
        _judged(raw, control, each, theta) for raw, each in zip(raws, treatments, strict=True)
    )


def _judged(
    raw: Comparison, control: AdjustedMean, treatment: AdjustedMean, theta: Theta
) -> CupedComparison:
    """Return the raw comparison with test and lift of the adjusted means."""
    if raw.status is not Status.OK or not theta.names:
        return CupedComparison(raw, raw, theta, 1.0 if raw.status is Status.OK else None)
    adjusted = replace(raw, control=control.estimate, treatment=treatment.estimate)
    (value_a, variance_a), (value_b, variance_b) = map(
        require_defined, (control.estimate, treatment.estimate)
    )
    effect, variance = value_b - value_a, variance_a + variance_b
    if variance == 0:
        return CupedComparison(_without_error(adjusted, effect), raw, theta, 0.0)
    ratio = variance / raw.se**2 if raw.se else None
    return CupedComparison(_with_test(adjusted, effect, variance, control), raw, theta, ratio)


def _with_test(
    adjusted: Comparison, effect: float, variance: float, control: AdjustedMean
) -> Comparison:
    test = judged_effect(effect, float(np.sqrt(variance)), reference_of(adjusted))
    lift = effect_lift(
        effect,
        variance,
        control.raw,
        covariance=-(control.covariance or 0.0),
        critical_value=test.critical_value,
    )
    return replace(
        adjusted,
        effect=effect,
        se=test.se,
        statistic=test.statistic,
        df=test.df,
        critical_value=test.critical_value,
        p_value=test.p_value,
        interval=test.interval,
        lift=lift.value,
        lift_interval=lift.interval,
        lift_status=lift.status,
    )


def _without_error(adjusted: Comparison, effect: float) -> Comparison:
    """Return the difference alone: the covariates explain the metric in every unit."""
    return Comparison(
        kind=adjusted.kind,
        monitoring=adjusted.monitoring,
        alpha=adjusted.alpha,
        planned_n=adjusted.planned_n,
        control=adjusted.control,
        treatment=adjusted.treatment,
        status=Status.ZERO_VARIANCE,
        lift_status=Status.ZERO_VARIANCE,
        effect=effect,
    )


def _centre(samples: Sequence[Sample], theta: Theta) -> dict[str, float]:
    """Return each covariate's mean over the units of all variants."""
    n = sum(sample.n for sample in samples)
    return {
        name: sum(sample.n * (sample.mean(name) or 0.0) for sample in samples) / n if n else 0.0
        for name in theta.names
    }


def _adjusted(sample: Sample, theta: Theta, centre: dict[str, float], outcome: str) -> AdjustedMean:
    raw = sample.estimate(outcome)
    if raw.value is None:
        return AdjustedMean(raw, raw, None)
    pairs = list(zip(theta.names, theta.values, strict=True))
    value = raw.value - sum(t * ((sample.mean(x) or 0.0) - centre[x]) for x, t in pairs)
    if raw.variance is None:
        return AdjustedMean(Estimate(sample.n, value, None), raw, None)
    weights = np.array([1.0, *(-t for t in theta.values)])
    products = sample.product_matrix((outcome, *theta.names))
    scale = (sample.n - 1) * sample.n
    spread = float(weights @ products @ weights)
    parts = float(weights**2 @ products.diagonal())
    variance = spread / scale if spread > NOTHING_LEFT * parts else 0.0
    covariance = float(weights @ products[:, 0]) / scale
    return AdjustedMean(Estimate(sample.n, value, variance), raw, covariance)
