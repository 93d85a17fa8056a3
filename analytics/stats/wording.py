"""The plain words of a verdict: what happened, how sure, what to do."""

from collections.abc import Callable, Iterable

from analytics.stats.compare import START_CONVERSIONS, START_UNITS
from analytics.stats.formats import number, percent, short_percent
from analytics.stats.phrases import change_sentences, days_phrase, harmless_limit, range_phrase
from analytics.stats.schedule import MINIMUM_DAYS, WEEK, is_planned_size_reached
from analytics.stats.story import Story
from analytics.stats.verdicts import (
    GuardrailState,
    Reason,
    TreatmentVerdict,
    VerdictState,
)


def headline_of(story: Story) -> str:
    """Return the stamp of the verdict: Ship Hybrid, Keep running …"""
    if story.state is VerdictState.SHIP and story.chosen:
        return f"Ship {story.chosen.name}"
    if story.state is VerdictState.STOP and story.has_several:
        return f"Stop, do not ship {_listed(each.name for each in story.sharing_state())}"
    return {
        VerdictState.STOP: "Stop, do not ship",
        VerdictState.NO_DATA: "No data yet",
        VerdictState.WITHHELD: "Verdict withheld",
        VerdictState.NO_GAIN: "Do not ship for this metric",
        VerdictState.DO_NOT_READ: "Do not read yet",
        VerdictState.KEEP_RUNNING: "Keep running",
    }.get(story.state, "Inconclusive")


def sentences_of(story: Story) -> tuple[str, ...]:
    """Return the verdict in sentences, the most important first."""
    tellers: dict[VerdictState, Callable[[Story], list[str]]] = {
        VerdictState.NO_DATA: lambda _: ["No unit has been exposed so far."],
        VerdictState.WITHHELD: _withheld,
        VerdictState.STOP: _stop,
        VerdictState.SHIP: _ship,
        VerdictState.NO_GAIN: _no_gain,
        VerdictState.DO_NOT_READ: _do_not_read,
        VerdictState.KEEP_RUNNING: _keep_running,
        VerdictState.INCONCLUSIVE: _inconclusive,
    }
    return tuple(tellers[story.state](story))


def _withheld(story: Story) -> list[str]:
    """Tell what is wrong with the data, and to mend it before anything is read."""
    inputs = story.inputs
    sentences = []
    if Reason.SPLIT in story.reasons:
        chance = _chance(inputs.split.p_value or 0.0)
        sentences += [
            "Do not read results yet: the split is not as configured.",
            f"A split this uneven happens by chance {chance}.",
        ]
    if Reason.MULTIPLE_EXPOSURE in story.reasons:
        share = percent(inputs.exposure.share or 0.0)
        sentences.append(f"Do not read results yet: {share} of units met several variants.")
        if inputs.exposure.is_biasing:
            sentences.append("Leaving them out of an uneven split biases it.")
    if Reason.DATA_GAP in story.reasons:
        sentences.append(f"Do not read results yet: data are missing ({_listed(inputs.gaps)}).")
    if Reason.FAULT in story.reasons:
        sentences += ["Do not read results yet: the data cannot be trusted.", *inputs.faults]
    return [*sentences, "Fix the cause and restart."]


def _stop(story: Story) -> list[str]:
    """Tell the harm of each treatment that does harm, then what becomes of the others."""
    sentences = []
    for treatment in story.sharing_state():
        if Reason.PRIMARY_WORSE in treatment.reasons:
            sentences += _change(story, treatment)
        if Reason.GUARDRAIL_EXCEEDED in treatment.reasons:
            sentences += _exceeded(story, treatment)
    if len(story.sharing_state()) == len(story.judged):
        return [*sentences, "Stop, do not ship."]
    return [*sentences, "Stop this phase; the other treatments can go on in a new one."]


def _exceeded(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell which guardrails are beyond their limits, each with its range."""
    sentences = []
    for verdict in treatment.guardrails:
        if verdict.state is GuardrailState.EXCEEDED:
            limit = short_percent(verdict.finding.margin)
            reach = range_phrase(verdict.comparison, verdict.value_format)
            sentences += [
                f"{verdict.name} is beyond its limit of {limit}{story.where(treatment)}.",
                f"The data are compatible with {reach}.",
            ]
    return sentences


def _ship(story: Story) -> list[str]:
    """Tell the gain, or that no harm is done, and that the guardrails hold."""
    chosen = story.chosen
    if chosen is None:
        raise ValueError("a verdict to ship names a treatment")
    is_gain = Reason.PRIMARY_BETTER in chosen.reasons
    sentences = _gain(story, chosen) if is_gain else _harmless(story, chosen)
    if chosen.guardrails:
        sentences.append("Guardrails are within limits.")
    lift, mde = chosen.primary.lift, story.inputs.mde
    if is_gain and mde is not None and lift is not None and abs(lift) < mde:
        sentences.append("The change is likely overstated; expect less after roll-out.")
    return sentences


def _gain(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell the gain, and that it survives the correction where there was one."""
    sentences = _change(story, treatment)
    if treatment.primary.p_adjusted is not None:
        sentences.append(f"This holds after correction for {len(story.judged)} treatments.")
    return sentences


def _harmless(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell that a change which only has to be harmless is; no gain is claimed."""
    inputs = story.inputs
    reach = range_phrase(treatment.primary, inputs.value_format)
    return [
        f"{inputs.metric_name} is within the limit of {harmless_limit(inputs)} set for "
        f"a change that only has to be harmless{story.where(treatment)}.",
        f"The data are compatible with {reach}.",
    ]


def _no_gain(story: Story) -> list[str]:
    """Tell that the effect asked for is ruled out; never that there is none."""
    inputs = story.inputs
    asked = short_percent(inputs.mde or 0.0)
    sentences = [f"A difference, if any, is smaller than the {asked} you asked to detect."]
    for treatment in story.sharing_state():
        reach = range_phrase(treatment.primary, inputs.value_format)
        sentences.append(f"The data are compatible with {reach}{story.where(treatment)}.")
    return sentences


def _do_not_read(story: Story) -> list[str]:
    """Tell what the reader has to wait for."""
    inputs, days = story.inputs, story.days_left
    wait = "" if days is None else days_phrase(days)
    if Reason.FIXED_HORIZON in story.reasons:
        left = f"{wait} left" if wait else "the planned size is not reached"
        return [f"Do not read yet: fixed horizon, {left}.", "It is read once, at its planned end."]
    if Reason.MINIMUM_DAYS in story.reasons:
        of = f" of {inputs.planned_days}" if inputs.planned_days else ""
        return [
            f"Day {inputs.days_elapsed}{of}: results can be read in {wait}.",
            f"A verdict needs {MINIMUM_DAYS} days, so that every weekday counts twice.",
        ]
    if Reason.TOO_FEW_UNITS in story.reasons:
        return [_too_few(is_over=False)]
    if inputs.has_ended:
        whole = inputs.days_elapsed // WEEK * WEEK
        return [
            f"The test ended on day {inputs.days_elapsed}, within a week.",
            f"Read the report of its first {whole} days, so that every weekday counts alike.",
        ]
    return [f"Results can be read in {wait}, when the data cover whole weeks."]


def _keep_running(story: Story) -> list[str]:
    """Tell what is still possible and how long it takes to know more; names no leader."""
    sentences = []
    for treatment in story.sharing_state():
        sentences += _still_possible(story, treatment)
    return [*sentences, _how_long(story)]


def _how_long(story: Story) -> str:
    """Tell how many more days the plan asks for."""
    inputs, days = story.inputs, story.days_left
    if days is None:
        return "Keep running until the planned size is reached."
    if is_planned_size_reached(inputs):
        end = f"in about {days_phrase(days)}"
        return f"The planned size is reached; the test ends at twice that, {end}."
    verb = "day is" if days == 1 else "days are"
    goal = "reach the planned size"
    if inputs.mde is not None:
        goal = f"detect a {short_percent(inputs.mde)} change"
    return f"About {number(days)} more {verb} needed to {goal}."


def _still_possible(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell the range so far, and what keeps a clear one from a verdict."""
    if treatment.primary.interval is None:
        return [f"{story.inputs.metric_name} cannot be compared so far{story.where(treatment)}."]
    reach = range_phrase(treatment.primary, story.inputs.value_format)
    so_far = f"With {treatment.name}, so far" if story.has_several else "So far"
    sentence = f"{so_far} anything from {reach} is compatible with the data."
    return [sentence, *_obstacles(story, treatment)]


def _obstacles(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell why a range clear of zero is no verdict yet."""
    sentences = []
    if Reason.NOT_AFTER_ADJUSTMENT in treatment.reasons:
        count = len(story.judged)
        sentences.append(f"Corrected for {count} treatments, it is not told apart from zero.")
    if Reason.GUARDRAIL_OPEN in treatment.reasons:
        states = treatment.guardrails
        names = _listed(each.name for each in states if each.state is GuardrailState.OPEN)
        sentences.append(f"Not yet shown to stay within limits: {names}.")
    return sentences


def _inconclusive(story: Story) -> list[str]:
    """Tell what the test could not tell."""
    days = days_phrase(story.inputs.days_elapsed)
    if Reason.MINIMUM_DAYS in story.reasons:
        needs = f"A verdict needs {MINIMUM_DAYS}, so that every weekday counts twice."
        return [f"The test ended after {days}.", needs]
    sentences = []
    for treatment in story.sharing_state():
        sentences += _left_open(story, treatment)
    return sentences


def _left_open(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell what one treatment's data leave open."""
    inputs, where = story.inputs, story.where(treatment)
    if Reason.TOO_FEW_UNITS in treatment.reasons:
        return [_too_few(is_over=True)]
    if treatment.primary.interval is None:
        return [f"{inputs.metric_name} could not be compared{where}."]
    if Reason.NOT_TOLD_APART not in treatment.reasons:
        return _change(story, treatment) + _obstacles(story, treatment)
    reach = range_phrase(treatment.primary, inputs.value_format)
    return [f"The test could not tell a small gain from a small loss{where} ({reach})."]


def _change(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell what the primary metric did and the range."""
    inputs = story.inputs
    return list(
        change_sentences(
            inputs.metric_name,
            treatment.primary,
            inputs.value_format,
            where=story.where(treatment),
        )
    )


def _too_few(*, is_over: bool) -> str:
    """Tell how many units each variant needs before it can be judged."""
    verb = "had" if is_over else "have"
    return (
        f"The variants {verb} too few units to judge: each needs {START_UNITS}, "
        f"or {START_CONVERSIONS} that converted."
    )


def _chance(p_value: float) -> str:
    """Return how rarely chance alone does this: less than once in 10,000 tests."""
    if p_value < 0.0001:
        return "less than once in 10,000 tests"
    return f"about once in {number(1 / p_value)} tests"


def _listed(names: Iterable[str]) -> str:
    """Return names in a row: A, B and C."""
    *first, last = list(names)
    return f"{', '.join(first)} and {last}" if first else last
