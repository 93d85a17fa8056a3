"""Builders of decisions in a named state."""

from dataclasses import replace

from analytics.stats.compare import compare_estimates
from analytics.stats.results import Comparison, Direction, Estimate, Kind, Monitoring
from analytics.stats.srm import exposure_check, split_check
from analytics.stats.verdicts import (
    DecisionInputs,
    Guardrail,
    TreatmentInputs,
    Verdict,
)

FIXED, WATCHED = Monitoring.FIXED, Monitoring.ALWAYS_VALID


def comparison_of(
    lift: float, se: float = 0.001, *, monitoring: Monitoring = WATCHED, n: int = 50_000
) -> Comparison:
    """Return a metric around 100 whose lift is known to about ± se each side."""
    return compare_estimates(
        Kind.RATIO,
        Estimate(n, 100.0, (100 * se) ** 2 / 2),
        Estimate(n, 100.0 * (1 + lift), (100 * se) ** 2 / 2),
        monitoring=monitoring,
        planned_n=100_000,
    )


def guardrail_of(
    lift: float = 0.0, *, monitoring: Monitoring = WATCHED, se: float = 0.001
) -> Guardrail:
    return Guardrail(
        "orders", "Orders per unit", comparison_of(lift, se, monitoring=monitoring), margin=0.01
    )


def inputs_of(
    lift: float = 0.031,
    se: float = 0.004,
    *,
    monitoring: Monitoring = WATCHED,
    guardrails: tuple[Guardrail, ...] | None = None,
    days_elapsed: int = 28,
    has_ended: bool = False,
    planned_units: int | None = 100_000,
    planned_days: int | None = 28,
    direction: Direction = Direction.UP,
    gaps: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
    counts: tuple[int, int] = (50_000, 50_000),
    n_multiple: int = 0,
    mde: float | None = 0.02,
    harmless_margin: float | None = None,
) -> DecisionInputs:
    guardrails = (guardrail_of(monitoring=monitoring),) if guardrails is None else guardrails
    primary = comparison_of(lift, se, monitoring=monitoring)
    return DecisionInputs(
        metric_name="Revenue per unit",
        treatments=(TreatmentInputs("hybrid", "Hybrid", primary, guardrails),),
        split=split_check(counts, [1, 1]),
        exposure=exposure_check(n_multiple, sum(counts)),
        days_elapsed=days_elapsed,
        monitoring=monitoring,
        direction=direction,
        planned_units=planned_units,
        planned_days=planned_days,
        mde=mde,
        has_ended=has_ended,
        gaps=gaps,
        faults=faults,
        harmless_margin=harmless_margin,
    )


def several_of(
    *lifts: float, se: float = 0.004, direction: Direction = Direction.UP, mde: float | None = 0.02
) -> DecisionInputs:
    """Return inputs with one treatment per lift, named B, C …"""
    names = "BCDE"[: len(lifts)]
    treatments = tuple(
        TreatmentInputs(name.lower(), name, comparison_of(lift, se), (guardrail_of(),))
        for name, lift in zip(names, lifts, strict=True)
    )
    return replace(inputs_of(), treatments=treatments, direction=direction, mde=mde)


def said(verdict: Verdict) -> str:
    return verdict.text.replace("\N{NARROW NO-BREAK SPACE}", " ")
