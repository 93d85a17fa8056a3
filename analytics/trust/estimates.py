"""A metric's value in one variant as an estimate with its error, by its kind. Pure."""

from collections.abc import Callable

from analytics.stats.means import mean_estimate
from analytics.stats.moments import Moments
from analytics.stats.proportions import proportion_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Estimate, Kind

ESTIMATES: dict[str, Callable[[Moments], Estimate]] = {
    Kind.BINARY: proportion_estimate,
    Kind.MEAN: mean_estimate,
    Kind.RATIO: ratio_estimate,
}
NOBODY = Moments(0, 0, 0)


def estimate_of(kind: str, moments: Moments | None) -> Estimate:
    """Return the estimate of a share, a mean or a ratio; one of nobody where there are none."""
    return ESTIMATES[kind](moments or NOBODY)
