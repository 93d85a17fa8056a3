"""Whether the variants were alike before anybody was exposed: an A/A test for each metric."""

from collections.abc import Iterator

from analytics.engines.current import reads_files
from analytics.queries import HISTORY_DAYS
from analytics.selectors import ChosenMetric
from analytics.stats.formats import p_value_text
from analytics.stats.moments import Moments
from analytics.stats.results import Estimate, Kind
from analytics.stats.validity.pre_exposure import PriorEvidence, check_pre_exposure
from analytics.trust.estimates import estimate_of
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, Table, from_stats, unknown
from analytics.trust.sums import (
    KINDS,
    all_before,
    readable_metrics,
    sampled_before,
    sums_before,
)

CODE = "pre_period"
LEAST = 30  # units of a variant that did anything of the kind before


def check_prior(facts: Facts) -> Iterator[Finding]:
    """Yield the finding, Holm over metrics and treatments: warns below 0.05, blocks below 0.001."""
    metrics = [each for each in facts.scope.metrics if each.metric.kind in KINDS]
    before, source = _before(facts, metrics)
    compared = {
        f"{chosen.metric.name}, {treatment.name}": pair
        for chosen in metrics
        for treatment in facts.scope.treatments
        if (pair := _pair(facts, chosen, before.get(chosen.metric.pk, {}), treatment.pk))
    }
    if not compared:
        what = f"Too few units did anything that a metric counts in the {HISTORY_DAYS} days before"
        evidence = f"{what}; {LEAST} of each variant are needed."
        yield unknown(CODE, "The variants cannot be compared before exposure.", evidence)
        return
    found = check_pre_exposure(compared)
    evidence = f"{len(compared)} comparisons over the {HISTORY_DAYS} days before, from {source}."
    yield from_stats(CODE, found, evidence, table=_table(found.evidence))


def _before(facts: Facts, metrics: list[ChosenMetric]) -> tuple[dict[int, dict[int, Moments]], str]:
    """Return the moments before exposure by metric and variant, and what they were read from."""
    readable = readable_metrics(facts)
    kept = [each for each in metrics if each.metric.pk in readable]
    if kept:
        return {each.metric.pk: sums_before(facts, each) for each in kept}, "all units"
    if reads_files():
        return all_before(facts, metrics), "all units"
    return sampled_before(facts, metrics), f"{len(facts.sample.units)} units"


def _pair(
    facts: Facts, chosen: ChosenMetric, before: dict[int, Moments], treatment_id: int
) -> tuple[Kind, Estimate, Estimate] | None:
    sides = [before.get(pk) for pk in (facts.scope.control.pk, treatment_id)]
    kind = chosen.metric.kind
    if any(side is None or not _is_enough(kind, side) for side in sides):
        return None
    control, treatment = (estimate_of(kind, side) for side in sides)
    return Kind(kind), control, treatment


def _is_enough(kind: str, moments: Moments) -> bool:
    """Tell whether the normal approximation has anything to go by.

    (Σy)² / Σy² is how many units of equal sums would have these: few where few units did it all.
    """
    equal = moments.sum_y**2 / moments.sum_yy if moments.sum_yy else 0.0
    if kind == Kind.BINARY:
        return LEAST <= moments.sum_y <= moments.n - LEAST
    return equal >= LEAST


def _table(evidence: PriorEvidence) -> Table:
    return Table(
        ("Metric", "p", "p, corrected"),
        tuple(
            (each.name, _p(each.comparison.p_value), _p(each.p_adjusted))
            for each in evidence.metrics
        ),
    )


def _p(p_value: float | None) -> str:
    return "none" if p_value is None else p_value_text(p_value)
