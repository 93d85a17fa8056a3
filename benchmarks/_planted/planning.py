"""What the product's planner says of a shop from its last four weeks: effects, and power."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from analytics.launch.history import Past
from analytics.launch.known import Known, know_all
from analytics.launch.planner import plan_experiment
from analytics.queries import DAY_US
from analytics.selectors import metrics_of
from analytics.stats.planning.design import Design, MetricHistory, power_at
from analytics.stats.planning.mde import smallest_effect
from benchmarks._planted.rows import Visits, arrivals, write_past
from benchmarks._planted.runs import START_US, Plan, a_run, a_site
from benchmarks._planted.shop import NOTHING, Rng, Shop, behave, no_one, revenue_of
from experiments.models import Site

PAST_DAYS = 28
ENOUGH = 1_000_000  # units, to know how heavy a tail is


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known of each metric as it is judged, and of its raw form; how a run is read."""

    judged: dict[str, Known]
    raw: dict[str, Known]
    design: Design

    def effect(self, metric: str, n_units: int, *, is_raw: bool = False) -> float:
        """Return the smallest effect that so many units show with 80 % power."""
        history = self._history(metric, is_raw=is_raw)
        effect = smallest_effect(history, n_units, self.design)
        if effect is None:
            raise RuntimeError(f"{n_units} units show no effect on {metric}")
        return effect

    def power(self, metric: str, effect: float, n_units: int, *, is_raw: bool = False) -> float:
        """Return the power that is planned for an effect with so many units."""
        return power_at(self._history(metric, is_raw=is_raw), effect, n_units, self.design)

    def _history(self, metric: str, *, is_raw: bool) -> MetricHistory:
        known = (self.raw if is_raw else self.judged)[metric]
        history = known.history if is_raw else known.adjusted()
        if history is None:
            raise RuntimeError(f"{metric} {known.missing}")
        return history


def site_with_past(slug: str, shop: Shop, n_units: int, rng: Rng) -> Site:
    """Return a site whose visitors came for four weeks before any experiment."""
    site = a_site(slug)
    at = arrivals(n_units, START_US - PAST_DAYS * DAY_US, PAST_DAYS, rng)
    ids = [f"past-{site.pk}-{i}" for i in range(n_units)]
    write_past(site, Visits(ids, at, behave(shop, NOTHING, no_one(n_units), rng)), rng)
    return site


def plan_on(site: Site, plan: Plan) -> Planned:
    """Return what the planner says of an experiment on a site with a past."""
    experiment = a_run(site, plan, "conversion", buckets=10_000)
    found = plan_experiment(experiment)
    judged = {each.known.chosen.metric.key: each.known for each in found.metrics}
    chosen = metrics_of(experiment)
    raw = know_all(Past.of(experiment), chosen, uses_winsor=False)
    experiment.delete()
    return Planned(
        judged,
        {each.chosen.metric.key: each for each in raw},
        found.metrics[0].design,
    )


def spread_error(shop: Shop, cap: int | None, n_past: int, power: float) -> float:
    """Return the standard error of a planned power whose spread was taken from so many units.

    The variance of a variance is (κ − 1)σ⁴/n; power moves with ln σ² by φ(z)·(z + 1.96)/2.
    """
    n = ENOUGH
    revenue = revenue_of(behave(shop, NOTHING, no_one(n), np.random.default_rng(n)))
    values = (revenue if cap is None else np.minimum(revenue, cap)).astype(np.float64)
    centred = values - values.mean()
    kurtosis = float((centred**4).mean() / (centred**2).mean() ** 2)
    z = float(ndtri(power))
    slope = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z + float(ndtri(0.975))) / 2
    return slope * math.sqrt((kurtosis - 1) / n_past)
