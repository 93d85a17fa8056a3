"""How much of a metric's spread is left once the units' own past is taken out: known beforehand."""

from analytics.stats.results import Kind
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import adjusted_means
from analytics.stats.variance.cuped_ratio import linearised
from analytics.stats.variance.theta import pooled_theta

LEAST = 1e-9  # a past that explains everything still leaves something to plan with


def variance_kept(sample: Sample, *, kind: Kind = Kind.MEAN) -> float | None:
    """Return 1 − ρ² of the units of one sample: adjusted over raw variance, in (0, 1].

    Columns y and w, of a ratio y, x, w and v, as CUPED reads them. None where the past does
    not vary, where a ratio's past is empty, or where the metric itself does not vary. Source:
    Deng, Xu, Kohavi & Walker (2013), WSDM.

    >>> alike = Sample.from_columns({"y": [1, 2, 3, 6], "w": [1, 2, 3, 2]})
    >>> round(variance_kept(alike), 6)
    0.857143
    """
    used = _used(sample, kind)
    if used is None:
        return None
    theta = pooled_theta([used], outcome="y", covariates=["w"])
    if not theta.names:
        return None
    (found,) = adjusted_means([used], theta)
    raw, adjusted = found.raw.variance, found.estimate.variance
    if not raw or adjusted is None:
        return None
    return min(1.0, max(LEAST, adjusted / raw))


def _used(sample: Sample, kind: Kind) -> Sample | None:
    """Return the sample with the columns y and w alone; of a ratio the linearised ones."""
    if sample.n < 2 or "w" not in sample.names:
        return None
    if kind is not Kind.RATIO:
        return sample
    bottoms = [sample.mean(name) or 0.0 for name in ("x", "v")]
    return linearised(sample, [("y", "x"), ("w", "v")]) if min(bottoms) > 0 else None
