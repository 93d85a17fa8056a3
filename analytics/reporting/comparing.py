"""Every metric of every treatment against control: as it is judged, and as it was raw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analytics.queries import moments_of
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import EMPTY, Scope
from analytics.selectors import ChosenMetric
from analytics.stats.compare import compare
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.quantiles import compare_quantiles
from analytics.stats.results import (
    Comparison,
    Estimate,
    Interval,
    Kind,
    Monitoring,
    Status,
    WarningCode,
)
from analytics.stats.variance.cuped import CupedComparison, compare_cuped
from analytics.stats.variance.cuped_ratio import compare_ratio_cuped
from experiments.models import Experiment

LEVELS = (80, 95, 99)  # per cent, of the ranges that a reader may choose
HISTORY = ("w", "v")  # the columns of the time before exposure

Place = tuple[str, str]  # the keys of a metric and a treatment
Comparisons = dict[Place, Comparison]
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison as it is judged, `raw` without history and cap where these changed anything.

    `variance_ratio`: the squared error that is left of the raw one. `levels`, `effect_levels`:
    ranges of lift and difference by per cent; those that cannot be given are not in it. `least`:
    the units per variant that its metric asks for, where there are fewer; else 0.
    """

    comparison: Comparison
    raw: Comparison | None = None
    variance_ratio: float | None = None
    levels: Mapping[str, Ends] = field(default_factory=dict)
    effect_levels: Mapping[str, Ends] = field(default_factory=dict)
    least: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison JSON-ready, with what stands beside it."""
        beside: dict[str, Any] = {
            "levels": {level: list(ends) for level, ends in self.levels.items()},
            "effect_levels": {level: list(ends) for level, ends in self.effect_levels.items()},
        }
        if self.raw is not None:
            beside |= {"raw": self.raw.to_dict(), "variance_ratio": self.variance_ratio}
        if self.least:
            beside |= {"too_few": {"n": fewest(self.comparison), "least": self.least}}
        return self.comparison.to_dict() | beside


def compare_metric(scope: Scope, measured: Measured, chosen: ChosenMetric) -> dict[str, Compared]:
    """Return a metric's comparison of every treatment, by treatment key.

    Below the metric's smallest number of units nothing is said, and the status says so.
    """
    at = {level: 1 - level / 100 for level in LEVELS}
    decided = _decided(scope, measured, chosen, scope.choices.alpha)
    raws = _raw(scope, measured, chosen, scope.choices.alpha)
    by_level = {level: _decided(scope, measured, chosen, alpha) for level, alpha in at.items()}
    out = {}
    for place, treatment in enumerate(scope.treatments):
        each = _with_raw(decided[place], raws[place])
        ranges = {str(level): found[place] for level, found in by_level.items()}
        out[treatment.key] = _if_enough(chosen, _with_levels(each, ranges))
    return out


def _if_enough(chosen: ChosenMetric, each: Compared) -> Compared:
    least = chosen.metric.min_units
    if fewest(each.comparison) >= least:
        return each
    return Compared(without_result(each.comparison), least=least)


def planned_pair(experiment: Experiment, variants: int) -> int | None:
    """Return the planned units of one comparison: two variants' share of all."""
    if not experiment.planned_units or variants < 2:
        return None
    return max(2, round(experiment.planned_units * 2 / variants))


def settings_of(scope: Scope, alpha: float) -> dict[str, Any]:
    """Return what every comparison of a scope is judged by."""
    return {
        "monitoring": Monitoring(scope.experiment.monitoring),
        "alpha": alpha,
        "planned_n": planned_pair(scope.experiment, len(scope.variants)),
    }


def _raw(scope: Scope, measured: Measured, chosen: ChosenMetric, alpha: float) -> list[Comparison]:
    key, settings = chosen.metric.key, settings_of(scope, alpha)
    if chosen.kind is Kind.QUANTILE:
        return _quantiles(scope, measured, key, settings)
    control = measured.of(key, scope.control.pk)
    return [
        compare(chosen.kind, control, measured.of(key, treatment.pk), **settings)
        for treatment in scope.treatments
    ]


def _quantiles(
    scope: Scope, measured: Measured, key: str, settings: Mapping[str, Any]
) -> list[Comparison]:
    found = measured.quantiles.get(key, {})
    control = found.get(scope.control.pk)
    return [
        without_data(Kind.QUANTILE, settings)
        if control is None or (other := found.get(treatment.pk)) is None
        else compare_quantiles(control, other, **settings)
        for treatment in scope.treatments
    ]


def without_data(kind: Kind, settings: Mapping[str, Any]) -> Comparison:
    """Return the comparison of variants of which one has no value at all."""
    none = Estimate(0, None, None)
    status = Status.INSUFFICIENT_DATA
    return Comparison(
        kind=kind, control=none, treatment=none, status=status, lift_status=status, **settings
    )


def _decided(
    scope: Scope, measured: Measured, chosen: ChosenMetric, alpha: float
) -> list[Comparison]:
    """Return what is judged: under the cap, and without what the units' own past explains."""
    key = chosen.metric.key
    samples = measured.samples.get(key)
    if chosen.kind is Kind.QUANTILE or not samples:
        return _raw(scope, measured, chosen, alpha)
    variants = [scope.control, *scope.treatments]
    return compare_samples(
        chosen.kind,
        [samples.get(variant.pk) for variant in variants],
        settings_of(scope, alpha),
    )


def compare_samples(
    kind: Kind, samples: Sequence[ExactSample | None], settings: Mapping[str, Any]
) -> list[Comparison]:
    """Return every treatment against control, the first; None is a variant without units.

    With columns of the time before exposure they are adjusted by one θ for all variants.
    """
    control, *treatments = samples
    adjusted = _adjusted(kind, samples, settings)
    if adjusted is not None:
        return [each.comparison for each in adjusted]
    return [compare(kind, _sums(control), _sums(each), **settings) for each in treatments]


def _sums(sample: ExactSample | None) -> Moments:
    return EMPTY if sample is None else moments_of(sample)


def _adjusted(
    kind: Kind, samples: Sequence[ExactSample | None], settings: Mapping[str, Any]
) -> Sequence[CupedComparison] | None:
    """Return the adjusted comparisons; None where no unit has a past that differs."""
    known = [each for each in samples if each is not None]
    if len(known) < len(samples) or "w" not in known[0].names:
        return None
    centred = [each.centred() for each in known]
    if kind is Kind.RATIO:
        found = compare_ratio_cuped(centred, **settings)
    else:
        found = compare_cuped(centred, covariates=HISTORY[:1], kind=kind, **settings)
    return found if any(each.theta.names for each in found) else None


def _with_raw(decided: Comparison, raw: Comparison) -> Compared:
    if decided == raw:
        return Compared(decided)
    ratio = (decided.se / raw.se) ** 2 if decided.se is not None and raw.se else None
    effects = (decided.effect or 0.0, raw.effect or 0.0)
    if min(effects) < 0 < max(effects):
        warnings = (*decided.warnings, WarningCode.CAP_CHANGES_SIGN)
        decided = replace(decided, warnings=warnings)
    return Compared(decided, raw, ratio)


def _with_levels(each: Compared, ranges: Mapping[str, Comparison]) -> Compared:
    lifts = {level: _ends(found.lift_interval) for level, found in ranges.items()}
    effects = {level: _ends(found.interval) for level, found in ranges.items()}
    return replace(
        each,
        levels={level: ends for level, ends in lifts.items() if ends},
        effect_levels={level: ends for level, ends in effects.items() if ends},
    )


def _ends(interval: Interval | None) -> Ends | None:
    return None if interval is None else (interval.low, interval.high)


def fewest(comparison: Comparison) -> int:
    """Return the units of the variant that has fewer of them."""
    return min(comparison.control.n, comparison.treatment.n)


def if_enough(comparison: Comparison, least: int) -> Comparison:
    """Return the comparison; without its result where a variant has fewer units than `least`."""
    return comparison if fewest(comparison) >= least else without_result(comparison)


def without_result(comparison: Comparison) -> Comparison:
    """Return a comparison that says no more than its estimates: there are too few units."""
    status = Status.INSUFFICIENT_DATA
    return Comparison(
        kind=comparison.kind,
        monitoring=comparison.monitoring,
        alpha=comparison.alpha,
        planned_n=comparison.planned_n,
        control=comparison.control,
        treatment=comparison.treatment,
        status=status,
        lift_status=status,
    )
