"""What the shipped treatments brought, each drawn towards what such changes bring. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.stats.references import upper_quantile
from analytics.stats.results import Interval, Status
from analytics.stats.segments.effects import SegmentEffect
from analytics.stats.segments.shrinkage import shrink_effects


@dataclass(frozen=True, slots=True)
class Shrunken:
    """One treatment's lift, as measured and after shrinkage."""

    name: str
    raw: float
    shrunk: float
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """The impact on one metric; None where fewer than two effects are known.

    `raw`: the sum of the shipped lifts as measured. `total`: after shrinkage, with its 95 %
    `interval`. `mean`, `tau`: what all treatments have in common, and how far they differ.
    """

    n_effects: int
    n_shipped: int
    raw: float
    total: float | None = None
    interval: Interval | None = None
    mean: float | None = None
    tau: float | None = None
    treatments: tuple[Shrunken, ...] = ()


def impact_of(
    effects: Mapping[str, tuple[float, float]], shipped: Sequence[str], *, alpha: float = 0.05
) -> Impact:
    """Return the summed lift of the shipped treatments after empirical-Bayes shrinkage.

    `effects`: lift and standard error by name, of every treatment that was measured, shipped or
    not: leaving out the losers would draw the winners towards winners. With kept_i =
    τ² / (τ² + se_i²): total = Σ μ + kept_i (L_i − μ) over the shipped, variance
    Σ kept_i se_i² + (Σ (1 − kept_i))² Var(μ), for the mean is one estimate that all share. Lifts
    are summed, not compounded. Source: Efron & Morris (1975), JASA 70; Coey & Cunningham (2019),
    Improving treatment effect estimators through experiment splitting, WWW.
    """
    chosen = [name for name in effects if name in set(shipped)]
    raw = math.fsum(effects[name][0] for name in chosen)
    found = shrink_effects(
        [SegmentEffect(name, lift, se) for name, (lift, se) in effects.items()], alpha=alpha
    )
    if found.status is not Status.OK or found.mean is None or found.mean_se is None:
        return Impact(len(effects), len(chosen), raw)
    by_name = {each.name: each for each in found.segments}
    kept = {name: by_name[name].kept or 0.0 for name in chosen}
    total = math.fsum(by_name[name].effect or 0.0 for name in chosen)
    own = math.fsum(kept[name] * effects[name][1] ** 2 for name in chosen)
    shared = math.fsum(1 - kept[name] for name in chosen) * found.mean_se
    reach = upper_quantile(alpha / 2) * math.sqrt(own + shared**2)
    return Impact(
        n_effects=len(effects),
        n_shipped=len(chosen),
        raw=raw,
        total=total if chosen else 0.0,
        interval=Interval(total - reach, total + reach) if chosen else None,
        mean=found.mean,
        tau=math.sqrt(found.tau2 or 0.0),
        treatments=tuple(
            Shrunken(name, lift, by_name[name].effect or 0.0, name in kept)
            for name, (lift, _se) in effects.items()
        ),
    )
