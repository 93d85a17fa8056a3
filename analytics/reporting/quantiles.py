"""A quantile metric's estimates: its single values, then how units share those below it."""

from dataclasses import dataclass, replace

from analytics.queries import (
    Cut,
    MetricQuery,
    compile_query,
    compile_values,
    run_query,
    run_values,
)
from analytics.stats.moments import Moments
from analytics.stats.quantiles import QuantileEstimate, quantile_estimate


@dataclass(frozen=True, slots=True)
class Estimated:
    """Estimates by variant id, with each variant's shares and the statements that ran.

    `shares`: per unit y, how many of its values are at or below its variant's quantile, and x, how
    many it has.
    """

    quantiles: dict[int, QuantileEstimate]
    shares: dict[int, Moments]
    statements: tuple[str, ...]


def quantiles_of(metric: MetricQuery, cut: Cut, *, alpha: float = 0.05) -> Estimated:
    """Return the metric's quantile in each variant that has any value, from the rows.

    Units have several values each, so the error is that of a share over units. Raises
    DefinitionError on a metric that is no quantile.
    """
    q = metric.q or 0.0
    first = compile_values(metric, cut)
    values = run_values(first)
    # Each variant's shares are asked at its own quantile, all of them in one statement.
    asked = {variant: replace(metric, key=str(variant)) for variant in values}
    at = {str(variant): int(found.quantile(q) or 0) for variant, found in values.items()}
    second = compile_query(list(asked.values()), cut, caps=at)
    sums = run_query(second) if asked else {}
    shares = {variant: sums[str(variant)][variant] for variant in values}
    quantiles = {
        variant: quantile_estimate(found, q, shares=shares[variant], alpha=alpha)
        for variant, found in values.items()
    }
    return Estimated(quantiles, shares, (first.sql, second.sql))
