"""From moments to comparisons, and from comparisons to the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analytics.formatting import value_format
from analytics.models import Metric
from analytics.reporting.comparing import (
    Compared,
    Comparisons,
    Place,
    compare_metric,
    settings_of,
    without_data,
)
from analytics.reporting.correcting import corrected
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import Scope
from analytics.stats.decision import decide
from analytics.stats.results import Direction, ExposureCheck, Monitoring, SplitCheck
from analytics.stats.verdicts import DecisionInputs, Guardrail, TreatmentInputs
from experiments.models import Variant

__all__ = ["Comparisons", "compare_all", "compare_fully", "judge"]


def compare_all(scope: Scope, measured: Measured) -> Comparisons:
    """Return each metric of each treatment against control, p-values adjusted by family."""
    return {place: each.comparison for place, each in compare_fully(scope, measured).items()}


def compare_fully(scope: Scope, measured: Measured) -> dict[Place, Compared]:
    """Return every comparison with what stands beside it; else as `compare_all`."""
    found = {
        (chosen.metric.key, treatment): compared
        for chosen in scope.metrics
        if chosen.metric.key not in measured.errors
        for treatment, compared in compare_metric(scope, measured, chosen).items()
    }
    adjusted = corrected(scope, {place: each.comparison for place, each in found.items()})
    return {place: replace(each, comparison=adjusted[place]) for place, each in found.items()}


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
                    guardrails=_guardrails(scope, comparisons, treatment),
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
    scope: Scope, comparisons: Comparisons, treatment: Variant
) -> tuple[Guardrail, ...]:
    """Return a treatment's guardrails; one that failed is there without data, so it stays open."""
    return tuple(
        Guardrail(
            key=chosen.metric.key,
            name=chosen.metric.name,
            comparison=comparisons.get((chosen.metric.key, treatment.key))
            or without_data(chosen.kind, settings_of(scope, scope.choices.alpha)),
            direction=Direction(chosen.metric.direction),
            margin=chosen.margin,
            # What nobody chose for this experiment warns of harm, and holds nothing up.
            must_be_shown=not chosen.is_default,
            value_format=value_format(chosen.metric.format, scope.experiment.site.currency),
        )
        for chosen in scope.metrics
        if chosen.role == Metric.Role.GUARDRAIL
    )
