"""From moments to comparisons, and from comparisons to the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.formatting import value_format
from analytics.measuring import Measured
from analytics.models import Metric
from analytics.scope import EMPTY, Scope
from analytics.selectors import ChosenMetric
from analytics.stats.compare import compare
from analytics.stats.decision import decide
from analytics.stats.multiplicity import Adjustment, adjust
from analytics.stats.results import (
    Comparison,
    Direction,
    ExposureCheck,
    Kind,
    Monitoring,
    SplitCheck,
)
from analytics.stats.verdicts import DecisionInputs, Guardrail, TreatmentInputs
from experiments.models import Experiment, Variant

Comparisons = dict[tuple[str, str], Comparison]

# Which correction each role's family of p-values gets; guardrails stay sensitive without one.
CORRECTIONS = (
    (Metric.Role.PRIMARY, Adjustment.HOLM),
    (Metric.Role.SECONDARY, Adjustment.BENJAMINI_HOCHBERG),
)


def compare_all(scope: Scope, measured: Measured) -> Comparisons:
    """Return each metric of each treatment against control, p-values adjusted by family."""
    comparisons = {
        (chosen.metric.key, treatment.key): _compare(scope, measured, chosen, treatment)
        for chosen in scope.metrics
        if chosen.metric.key not in measured.errors
        for treatment in scope.treatments
    }
    for role, method in CORRECTIONS:
        keys = {chosen.metric.key for chosen in scope.metrics if chosen.role == role}
        family = [place for place in comparisons if place[0] in keys]
        if len(family) > 1:
            adjusted = adjust([comparisons[place] for place in family], method)
            comparisons |= dict(zip(family, adjusted, strict=True))
    return comparisons


def _compare(
    scope: Scope, measured: Measured, chosen: ChosenMetric, treatment: Variant
) -> Comparison:
    key, is_broken = chosen.metric.key, chosen.metric.key in measured.errors
    return compare(
        Kind(chosen.metric.kind),
        EMPTY if is_broken else measured.of(key, scope.control.pk),
        EMPTY if is_broken else measured.of(key, treatment.pk),
        monitoring=Monitoring(scope.experiment.monitoring),
        alpha=scope.choices.alpha,
        planned_n=planned_pair(scope.experiment, len(scope.variants)),
    )


def planned_pair(experiment: Experiment, variants: int) -> int | None:
    """Return the planned units of one comparison: two variants' share of all."""
    if not experiment.planned_units or variants < 2:
        return None
    return max(2, round(experiment.planned_units * 2 / variants))


def judge(
    scope: Scope,
    measured: Measured,
    comparisons: Comparisons,
    *,
    split: SplitCheck,
    exposure: ExposureCheck,
    days: int,
    findings: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any] | None:
    """Return the verdict on the primary metric, None when there is none that can be computed.

    A finding of the trust gate that is bad withholds it, whatever the comparisons show.
    """
    primary = next((m for m in scope.metrics if m.role == Metric.Role.PRIMARY), None)
    if primary is None or primary.metric.key in measured.errors:
        return None
    experiment = scope.experiment
    verdict = decide(
        DecisionInputs(
            metric_name=primary.metric.name,
            treatments=tuple(
                TreatmentInputs(
                    key=treatment.key,
                    name=treatment.name,
                    primary=comparisons[primary.metric.key, treatment.key],
                    guardrails=_guardrails(scope, measured, comparisons, treatment),
                )
                for treatment in scope.treatments
            ),
            split=split,
            exposure=exposure,
            days_elapsed=days,
            faults=_faults(findings),
            monitoring=Monitoring(experiment.monitoring),
            direction=Direction(primary.metric.direction),
            planned_units=experiment.planned_units or None,
            planned_days=experiment.planned_days,
            mde=experiment.mde,
            has_ended=scope.has_ended,
            value_format=value_format(primary.metric.format, experiment.site.currency),
        )
    )
    return verdict.to_dict() | {"text": verdict.text}


def _faults(findings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what else is wrong with the data, beside what split and exposure say themselves."""
    return tuple(
        str(each["claim"])
        for each in findings
        if each["state"] == "bad" and each["code"] not in ("split", "multiple_exposure")
    )


def _guardrails(
    scope: Scope, measured: Measured, comparisons: Comparisons, treatment: Variant
) -> tuple[Guardrail, ...]:
    """Return a treatment's guardrails; one that failed is there without data, so it stays open."""
    return tuple(
        Guardrail(
            key=chosen.metric.key,
            name=chosen.metric.name,
            comparison=comparisons.get((chosen.metric.key, treatment.key))
            or _compare(scope, measured, chosen, treatment),
            direction=Direction(chosen.metric.direction),
            margin=chosen.margin,
            value_format=value_format(chosen.metric.format, scope.experiment.site.currency),
        )
        for chosen in scope.metrics
        if chosen.role == Metric.Role.GUARDRAIL
    )
