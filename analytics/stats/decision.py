"""From comparisons to a recommendation, in a fixed order of rules.

Validity, harm, ship, no meaningful gain, keep running or inconclusive. Harm is
judged at every look by an always-valid interval; the other rules wait for the end
of a fixed horizon, and ship and no-gain for two whole weeks.
"""

from dataclasses import replace

from analytics.stats import schedule
from analytics.stats.compare import compare_estimates
from analytics.stats.criteria import (
    criteria_of,
    holds_adjusted,
    is_beyond_zero,
    is_shown_better,
    is_shown_harmless,
)
from analytics.stats.multiplicity import Adjustment, adjust
from analytics.stats.noninferiority import non_inferiority
from analytics.stats.outlook import outlook_of
from analytics.stats.results import CheckLevel, Comparison, Monitoring, Status
from analytics.stats.story import Story
from analytics.stats.verdicts import (
    DecisionInputs,
    Guardrail,
    GuardrailState,
    GuardrailVerdict,
    Reason,
    TreatmentInputs,
    TreatmentVerdict,
    Verdict,
    VerdictState,
)
from analytics.stats.wording import headline_of, sentences_of


def decide(inputs: DecisionInputs) -> Verdict:
    """Return the recommendation for an experiment, with its words and its evidence.

    With several treatments the primary metric is corrected by Holm (unless the
    comparisons already carry an adjusted p), each treatment is judged on its own, and
    the verdict names the best that may ship. Raises InvalidInputError on inputs that
    contradict each other.
    """
    inputs = _with_adjusted_primaries(inputs)
    invalid = _invalidity(inputs)
    judged = tuple(_judge(each, inputs, invalid) for each in inputs.treatments)
    state, chosen = _overall(judged, inputs)
    reasons = _reasons_of(state, chosen, judged)
    days_left = _days_left(state, reasons, inputs)
    story = Story(state, chosen, judged, reasons, days_left, inputs)
    return Verdict(
        state=state,
        treatment_key=chosen.key if chosen else None,
        headline=headline_of(story),
        sentences=sentences_of(story),
        reasons=reasons,
        criteria=criteria_of(judged, inputs, invalid),
        treatments=judged,
        days_left=days_left,
        would_change=outlook_of(story),
    )


def _with_adjusted_primaries(inputs: DecisionInputs) -> DecisionInputs:
    """Return the inputs with Holm over the treatments' primary p-values, where due."""
    primaries = [each.primary for each in inputs.treatments]
    if len(primaries) == 1 or any(each.p_adjusted is not None for each in primaries):
        return inputs
    adjusted = adjust(primaries, Adjustment.HOLM)
    treatments = tuple(
        replace(each, primary=primary)
        for each, primary in zip(inputs.treatments, adjusted, strict=True)
    )
    return replace(inputs, treatments=treatments)


def _invalidity(inputs: DecisionInputs) -> tuple[Reason, ...]:
    """Return what makes the data unusable, whatever they show."""
    found = {
        Reason.SPLIT: inputs.split.level is CheckLevel.BLOCK,
        Reason.MULTIPLE_EXPOSURE: inputs.exposure.level is CheckLevel.BLOCK,
        Reason.DATA_GAP: bool(inputs.gaps),
        Reason.FAULT: bool(inputs.faults),
    }
    return tuple(reason for reason, is_present in found.items() if is_present)


def _judge(
    treatment: TreatmentInputs, inputs: DecisionInputs, invalid: tuple[Reason, ...]
) -> TreatmentVerdict:
    """Return one treatment's verdict from the comparisons as they may be read now."""
    primary = _as_readable(treatment.primary, inputs)
    guardrails = tuple(_judge_guardrail(each, inputs) for each in treatment.guardrails)
    state, reasons = _first_rule(primary, guardrails, inputs, invalid)
    return TreatmentVerdict(treatment.key, treatment.name, state, reasons, primary, guardrails)


def _as_readable(comparison: Comparison, inputs: DecisionInputs) -> Comparison:
    """Return the comparison, or before a fixed end its always-valid form, to watch for harm.

    Of one that has too few units, for its metric or at all, nothing is said in either form.
    """
    if comparison.status is Status.INSUFFICIENT_DATA:
        return comparison
    if schedule.is_readable(inputs) or comparison.monitoring is Monitoring.ALWAYS_VALID:
        return comparison
    return compare_estimates(
        comparison.kind,
        comparison.control,
        comparison.treatment,
        monitoring=Monitoring.ALWAYS_VALID,
        alpha=comparison.alpha,
        planned_n=comparison.planned_n,
    )


def _judge_guardrail(guardrail: Guardrail, inputs: DecisionInputs) -> GuardrailVerdict:
    """Return where a guardrail stands; one that need not be shown only counts as exceeded."""
    comparison = _as_readable(guardrail.comparison, inputs)
    finding = non_inferiority(
        comparison,
        margin=guardrail.margin or 0.0,
        direction=guardrail.direction,
        alpha=inputs.guardrail_alpha,
    )
    state = GuardrailState.OPEN
    if finding.is_exceeded:
        state = GuardrailState.EXCEEDED
    elif finding.is_shown or guardrail.margin is None or not guardrail.must_be_shown:
        state = GuardrailState.HOLDS
    return GuardrailVerdict(
        key=guardrail.key,
        name=guardrail.name,
        state=state,
        finding=finding,
        comparison=comparison,
        value_format=guardrail.value_format,
    )


def _first_rule(
    primary: Comparison,
    guardrails: tuple[GuardrailVerdict, ...],
    inputs: DecisionInputs,
    invalid: tuple[Reason, ...],
) -> tuple[VerdictState, tuple[Reason, ...]]:
    """Return the state of the first rule that applies, and why."""
    if inputs.n_units == 0:
        return VerdictState.NO_DATA, ()
    if invalid:
        return VerdictState.WITHHELD, invalid
    if harm := _harm(primary, guardrails, inputs):
        return VerdictState.STOP, harm
    if not schedule.is_readable(inputs):
        return VerdictState.DO_NOT_READ, (Reason.FIXED_HORIZON,)
    if missing := _missing(primary, inputs):
        return _undecided(missing, inputs), (missing,)
    if concluded := _conclusion(primary, guardrails, inputs):
        if schedule.has_whole_weeks(inputs):
            return concluded
        return VerdictState.DO_NOT_READ, (Reason.WHOLE_WEEKS,)
    reasons = _open_reasons(primary, guardrails, inputs)
    return _undecided(reasons[0], inputs), reasons


def _harm(
    primary: Comparison, guardrails: tuple[GuardrailVerdict, ...], inputs: DecisionInputs
) -> tuple[Reason, ...]:
    """Return which harm is shown; judged without correction, for stopping is the safe error."""
    found = {
        Reason.PRIMARY_WORSE: is_beyond_zero(primary, -inputs.direction.sign),
        Reason.GUARDRAIL_EXCEEDED: any(
            each.state is GuardrailState.EXCEEDED for each in guardrails
        ),
    }
    return tuple(reason for reason, is_present in found.items() if is_present)


def _missing(primary: Comparison, inputs: DecisionInputs) -> Reason | None:
    """Return what is still missing for any conclusion, or None."""
    if not schedule.has_minimum_days(inputs):
        return Reason.MINIMUM_DAYS
    if primary.status is Status.INSUFFICIENT_DATA:
        return Reason.TOO_FEW_UNITS
    return None if primary.interval else Reason.NOT_COMPUTABLE


def _undecided(reason: Reason, inputs: DecisionInputs) -> VerdictState:
    """Return the state of a test that decided nothing: too early, still running, or spent."""
    is_too_early = reason in (Reason.MINIMUM_DAYS, Reason.TOO_FEW_UNITS)
    if inputs.has_ended or (schedule.is_exhausted(inputs) and reason is not Reason.MINIMUM_DAYS):
        return VerdictState.INCONCLUSIVE
    return VerdictState.DO_NOT_READ if is_too_early else VerdictState.KEEP_RUNNING


def _conclusion(
    primary: Comparison, guardrails: tuple[GuardrailVerdict, ...], inputs: DecisionInputs
) -> tuple[VerdictState, tuple[Reason, ...]] | None:
    """Return ship or no meaningful gain where its rule is met."""
    has_open = _has_open(guardrails)
    if is_shown_better(primary, inputs.direction) and not has_open:
        return VerdictState.SHIP, (Reason.PRIMARY_BETTER,)
    if not schedule.is_planned_size_reached(inputs):
        return None
    if is_shown_harmless(primary, inputs):
        return None if has_open else (VerdictState.SHIP, (Reason.HARMLESS,))
    is_small = (
        inputs.mde is not None
        and primary.lift_interval is not None
        and primary.lift_interval.lies_within(-inputs.mde, inputs.mde)
    )
    return (VerdictState.NO_GAIN, (Reason.WITHIN_MDE,)) if is_small else None


def _has_open(guardrails: tuple[GuardrailVerdict, ...]) -> bool:
    return any(each.state is GuardrailState.OPEN for each in guardrails)


def _open_reasons(
    primary: Comparison, guardrails: tuple[GuardrailVerdict, ...], inputs: DecisionInputs
) -> tuple[Reason, ...]:
    """Return why nothing could be concluded."""
    is_better = is_beyond_zero(primary, inputs.direction.sign)
    is_harmless = schedule.is_planned_size_reached(inputs) and is_shown_harmless(primary, inputs)
    if not (is_better or is_harmless):
        return (Reason.NOT_TOLD_APART,)
    found = {
        Reason.NOT_AFTER_ADJUSTMENT: not (is_harmless or holds_adjusted(primary)),
        Reason.GUARDRAIL_OPEN: _has_open(guardrails),
    }
    return tuple(reason for reason, is_present in found.items() if is_present)


def _overall(
    judged: tuple[TreatmentVerdict, ...], inputs: DecisionInputs
) -> tuple[VerdictState, TreatmentVerdict | None]:
    """Return the experiment's state and the treatment it names.

    A treatment that may ship comes before another's harm, since shipping ends both.
    """
    ready = [each for each in judged if each.state is VerdictState.SHIP]
    if ready:
        # One control for all: the largest effect is also the largest lift.
        best = max(ready, key=lambda each: inputs.direction.sign * (each.primary.effect or 0.0))
        return VerdictState.SHIP, best
    order = (
        VerdictState.STOP,
        VerdictState.NO_DATA,
        VerdictState.WITHHELD,
        VerdictState.KEEP_RUNNING,
        VerdictState.DO_NOT_READ,
        VerdictState.INCONCLUSIVE,
        VerdictState.NO_GAIN,
    )
    first = min(judged, key=lambda each: order.index(each.state))
    return first.state, first if first.state is VerdictState.STOP else None


def _reasons_of(
    state: VerdictState, chosen: TreatmentVerdict | None, judged: tuple[TreatmentVerdict, ...]
) -> tuple[Reason, ...]:
    """Return the reasons of the named treatment, or of all that share the state."""
    sources = [chosen] if chosen else [each for each in judged if each.state is state]
    return tuple(dict.fromkeys(reason for each in sources for reason in each.reasons))


def _days_left(
    state: VerdictState, reasons: tuple[Reason, ...], inputs: DecisionInputs
) -> int | None:
    """Return the days to wait, where waiting helps and its length is known."""
    if inputs.has_ended or state not in (VerdictState.DO_NOT_READ, VerdictState.KEEP_RUNNING):
        return None
    if state is VerdictState.KEEP_RUNNING:
        return schedule.days_until_planned(inputs)
    if Reason.FIXED_HORIZON in reasons:
        return schedule.days_until_fixed_end(inputs)
    return None if Reason.TOO_FEW_UNITS in reasons else schedule.days_until_readable(inputs)
