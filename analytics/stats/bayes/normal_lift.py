"""A normal prior on the relative lift: shrunken lift, probability to win, expected losses."""

import math
from dataclasses import dataclass

from scipy.special import erfcx

from analytics.errors import InvalidInputError
from analytics.stats.bayes.intervals import RopeDecision, rope_decision
from analytics.stats.references import require_alpha, upper_quantile, upper_tail
from analytics.stats.results import Direction, Interval, Plain

PRIOR_SD = 0.3  # nearly every lift that was ever measured lies within ±60 %
LOSS_LIMIT = 0.0025  # of the control value: a loss worth risking
WIN_LIMIT = 0.95


@dataclass(frozen=True, slots=True)
class LiftPosterior(Plain):
    """The lift given the data, normal; every number a fraction (0.12 is +12 %).

    `probability` that the treatment is better; `loss_ship` what shipping it costs on
    average where it is worse, `loss_keep` what keeping control costs where it is better.
    """

    mean: float
    sd: float
    probability: float
    loss_ship: float
    loss_keep: float
    interval: Interval


def lift_posterior(
    lift: float,
    se: float,
    *,
    prior_mean: float = 0.0,
    prior_sd: float | None = PRIOR_SD,
    mass: float = 0.95,
    direction: Direction = Direction.UP,
) -> LiftPosterior:
    """Return the precision-weighted posterior of a lift with its delta-method error.

    Prior N(prior_mean, prior_sd²), flat for None. P = Φ(m/s); losses sφ(m/s) − m(1 −
    Φ(m/s)) and sφ(m/s) + mΦ(m/s), mirrored where less is better. The interval is both
    equal-tailed and of highest density. Raises InvalidInputError on numbers that are
    not finite and on errors that are not positive. Source: Deng (2015), WWW; Stucchio (2015).

    >>> found = lift_posterior(0.12, 0.06706653413)
    >>> round(found.mean, 9), round(found.probability, 9)
    (0.11428823, 0.959608939)
    """
    mean, sd = _posterior(lift, se, prior_mean, prior_sd)
    reach = upper_quantile((1 - require_alpha(mass)) / 2) * sd
    good = direction.sign * mean / sd
    return LiftPosterior(
        mean=mean,
        sd=sd,
        probability=upper_tail(-good),
        loss_ship=sd * _unit_loss(good),
        loss_keep=sd * _unit_loss(-good),
        interval=Interval(mean - reach, mean + reach),
    )


def rope_mass(posterior: LiftPosterior, *, low: float, high: float) -> float:
    """Return the probability that the lift lies in [low, high], practically no difference.

    >>> round(rope_mass(lift_posterior(0.12, 0.06706653413), low=-0.02, high=0.02), 9)
    0.054752208
    """
    if not low < high:
        raise InvalidInputError(f"a region must run from low to high, was {low} to {high}")
    ends = [(each - posterior.mean) / posterior.sd for each in (low, high)]
    # Subtract in the tail that is small, where both terms keep their digits.
    if ends[0] > 0:
        return upper_tail(ends[0]) - upper_tail(ends[1])
    return upper_tail(-ends[1]) - upper_tail(-ends[0])


def lift_rope_decision(posterior: LiftPosterior, *, low: float, high: float) -> RopeDecision:
    """Return whether the credible interval of the lift is outside, inside or neither."""
    return rope_decision(posterior.interval, low=low, high=high)


def may_ship(
    posterior: LiftPosterior, *, loss_limit: float = LOSS_LIMIT, win_limit: float = WIN_LIMIT
) -> bool:
    """Tell whether the loss is small enough and the win likely enough.

    A view, not the verdict: under repeated looks its false alarms are not controlled
    unless the prior is right, so the sequential verdict overrides it.
    """
    return posterior.loss_ship < loss_limit and posterior.probability >= win_limit


def _posterior(
    lift: float, se: float, prior_mean: float, prior_sd: float | None
) -> tuple[float, float]:
    """Return mean and standard deviation, weighted by precision."""
    if not all(map(math.isfinite, (lift, se, prior_mean))) or se <= 0:
        raise InvalidInputError(f"not a lift with its error: {lift}, {se}, prior {prior_mean}")
    if prior_sd is None:
        return lift, se
    if not (math.isfinite(prior_sd) and prior_sd > 0):
        raise InvalidInputError(f"prior sd must be positive or None, was {prior_sd}")
    weight = 1 / (1 + (se / prior_sd) ** 2)  # of the data; no division by a tiny square
    return prior_mean + weight * (lift - prior_mean), se * math.sqrt(weight)


def _unit_loss(z: float) -> float:
    """Return φ(z) − z(1 − Φ(z)), positive also where both terms are almost equal."""
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    if z <= 0:
        return density - z * upper_tail(z)
    mills = math.sqrt(math.pi / 2) * float(erfcx(z / math.sqrt(2)))
    return max(0.0, density * (1 - z * mills))
