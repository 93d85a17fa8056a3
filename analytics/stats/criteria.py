"""The four tests a verdict rests on, each with its state and what it showed."""

from analytics.stats import schedule
from analytics.stats.formats import number, p_value_text, percent
from analytics.stats.results import Comparison, Direction
from analytics.stats.verdicts import (
    Criterion,
    CriterionState,
    DecisionInputs,
    GuardrailState,
    Reason,
    TreatmentVerdict,
    VerdictState,
)


def criteria_of(
    judged: tuple[TreatmentVerdict, ...], inputs: DecisionInputs, invalid: tuple[Reason, ...]
) -> tuple[Criterion, ...]:
    """Return data, primary, guardrails and size, in this order."""
    if not inputs.n_units:
        judged_by = ("primary", "guardrails")
        waiting = (
            Criterion(each, CriterionState.OPEN, "nothing to judge yet") for each in judged_by
        )
        return (_data(inputs, invalid), *waiting, _size(inputs))
    is_withheld = bool(invalid)
    return (
        _data(inputs, invalid),
        _primary(judged, inputs, is_withheld=is_withheld),
        _guardrails(judged, is_withheld=is_withheld),
        _size(inputs),
    )


def _data(inputs: DecisionInputs, invalid: tuple[Reason, ...]) -> Criterion:
    """Return whether the data can be trusted."""
    p_value = inputs.split.p_value
    detail = "no units yet" if p_value is None else f"split p {p_value_text(p_value)}"
    state = CriterionState.NOT_MET if invalid else CriterionState.MET
    return Criterion("data", state if inputs.n_units else CriterionState.OPEN, detail)


def _primary(
    judged: tuple[TreatmentVerdict, ...], inputs: DecisionInputs, *, is_withheld: bool
) -> Criterion:
    """Return whether the primary metric is clear of zero in the good direction."""
    is_early = not (schedule.is_readable(inputs) and schedule.has_minimum_days(inputs))
    sides = [_side(each.primary) for each in judged]
    bad = -inputs.direction.sign
    if is_withheld or (is_early and bad not in sides):
        return Criterion("primary", CriterionState.WITHHELD, "withheld")
    state = CriterionState.OPEN
    if any(each.state is VerdictState.SHIP and Reason.HARMLESS in each.reasons for each in judged):
        return Criterion("primary", CriterionState.MET, "within its limit")
    if any(is_shown_better(each.primary, inputs.direction) for each in judged):
        state = CriterionState.MET
    elif bad in sides:
        state = CriterionState.NOT_MET
    return Criterion("primary", state, _sides_text(sides))


def is_shown_better(comparison: Comparison, direction: Direction) -> bool:
    """Tell whether a gain is shown, also after the correction where there was one."""
    return is_beyond_zero(comparison, direction.sign) and holds_adjusted(comparison)


def is_shown_harmless(comparison: Comparison, inputs: DecisionInputs) -> bool:
    """Tell whether a change that only has to be harmless is: the bad end is within its limit.

    False where no such limit was set, or no lift can be given.
    """
    margin, interval = inputs.harmless_margin, comparison.lift_interval
    if margin is None or interval is None:
        return False
    return interval.low > -margin if inputs.direction is Direction.UP else interval.high < margin


def is_beyond_zero(comparison: Comparison, sign: int) -> bool:
    """Tell whether the interval lies wholly on the side of zero that `sign` names."""
    return _side(comparison) == sign


def holds_adjusted(comparison: Comparison) -> bool:
    """Tell whether the claim survives the correction; true where there was none."""
    return comparison.p_adjusted is None or comparison.p_adjusted < comparison.alpha


def _side(comparison: Comparison) -> int | None:
    """Return +1 or −1 for an interval wholly above or below zero, 0 around it, None without."""
    if comparison.interval is None:
        return None
    return (comparison.interval.low > 0) - (comparison.interval.high < 0)


def _sides_text(sides: list[int | None]) -> str:
    """Return where the intervals lie, in words."""
    names = {1: "wholly above 0", -1: "wholly below 0", 0: "contains 0", None: "not computable"}
    if len(sides) == 1:
        return names[sides[0]]
    names[0] = "around 0"
    return ", ".join(f"{sides.count(side)} {names[side]}" for side in names if side in sides)


def _guardrails(judged: tuple[TreatmentVerdict, ...], *, is_withheld: bool) -> Criterion:
    """Return whether the guardrails of all treatments hold."""
    if is_withheld:
        return Criterion("guardrails", CriterionState.WITHHELD, "withheld")
    guardrails = [guardrail for each in judged for guardrail in each.guardrails]
    if not guardrails:
        return Criterion("guardrails", CriterionState.MET, "none set")
    # One that holds nothing up holds for the verdict, but not being seen to fail is no proof.
    shown = sum(each.finding.is_shown for each in guardrails)
    state = CriterionState.MET if shown == len(guardrails) else CriterionState.OPEN
    if any(each.state is GuardrailState.EXCEEDED for each in guardrails):
        state = CriterionState.NOT_MET
    return Criterion("guardrails", state, f"{shown} of {len(guardrails)} shown to hold")


def _size(inputs: DecisionInputs) -> Criterion:
    """Return how much of the planned size is reached."""
    state = CriterionState.OPEN
    if schedule.is_planned_size_reached(inputs):
        state = CriterionState.MET
    if inputs.planned_units is not None:
        share = percent(inputs.n_units / inputs.planned_units, decimals=0)
        return Criterion("size", state, f"{share} of {number(inputs.planned_units)}")
    if inputs.planned_days is not None:
        return Criterion("size", state, f"{inputs.days_elapsed} of {inputs.planned_days} days")
    return Criterion("size", state, "no size planned")
