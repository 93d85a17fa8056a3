"""The words of a verdict that decided nothing: what to wait for, or what was left open."""

from analytics.stats.compare import START_CONVERSIONS, START_UNITS
from analytics.stats.formats import number, short_percent
from analytics.stats.phrases import days_phrase, listed, range_phrase
from analytics.stats.results import Status
from analytics.stats.schedule import MINIMUM_DAYS, WEEK, is_planned_size_reached
from analytics.stats.story import Story, change_of
from analytics.stats.verdicts import GuardrailState, Reason, TreatmentVerdict

MOST_NAMED = 2  # treatments of which each gets a sentence of its own; the tables name them all
NOT_COMPARED = {
    Status.ZERO_VARIANCE: ": every unit has the same value",
    Status.ZERO_DENOMINATOR: ": there is nothing to divide by",
}


def do_not_read(story: Story) -> list[str]:
    """Return, in sentences, what the reader has to wait for."""
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


def keep_running(story: Story) -> list[str]:
    """Return what is still possible and how long it takes to know more; names no leader."""
    if untold := _untold(story):
        return [f"So far a gain cannot be told from a loss with {untold}.", _how_long(story)]
    sentences = []
    for treatment in story.sharing_state():
        sentences += _still_possible(story, treatment)
    return [*sentences, _how_long(story)]


def _untold(story: Story) -> str:
    """Return how many treatments are not told apart, where too many are to name each; else ""."""
    shared = story.sharing_state()
    if len(shared) <= MOST_NAMED or any(Reason.NOT_TOLD_APART not in t.reasons for t in shared):
        return ""
    among = "any" if len(shared) == len(story.judged) else f"{len(shared)}"
    return f"{among} of {len(story.judged)} treatments"


def _how_long(story: Story) -> str:
    """Tell how many more days the plan asks for.

    Only planned units promise a power; what planned days alone can detect is told by the progress.
    """
    inputs, days = story.inputs, story.days_left
    if days is None:
        return "Keep running until the planned size is reached."
    if is_planned_size_reached(inputs):
        end = f"in about {days_phrase(days)}"
        return f"The planned size is reached; the test ends at twice that, {end}."
    verb = "day is" if days == 1 else "days are"
    change = "" if inputs.mde is None else f"detect a {short_percent(inputs.mde)} change"
    if inputs.planned_units is None:
        return f"{number(days)} more {verb} planned{change and f' to {change}'}."
    return f"About {number(days)} more {verb} needed to {change or 'reach the planned size'}."


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
        names = listed(each.name for each in states if each.state is GuardrailState.OPEN)
        sentences.append(f"Not yet shown to stay within limits: {names}.")
    return sentences


def inconclusive(story: Story) -> list[str]:
    """Return, in sentences, what the test could not tell."""
    days = days_phrase(story.inputs.days_elapsed)
    if Reason.MINIMUM_DAYS in story.reasons:
        needs = f"A verdict needs {MINIMUM_DAYS}, so that every weekday counts twice."
        return [f"The test ended after {days}.", needs]
    if untold := _untold(story):
        return [f"The test could not tell a small gain from a small loss with {untold}."]
    sentences = []
    for treatment in story.sharing_state():
        sentences += _left_open(story, treatment)
    return list(dict.fromkeys(sentences))


def _left_open(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell what one treatment's data leave open."""
    inputs, where = story.inputs, story.where(treatment)
    if Reason.TOO_FEW_UNITS in treatment.reasons:
        return [_too_few(is_over=True)]
    if treatment.primary.interval is None:
        why = NOT_COMPARED.get(treatment.primary.status, "")
        return [f"{inputs.metric_name} could not be compared{where}{why}."]
    if Reason.NOT_TOLD_APART not in treatment.reasons:
        return change_of(story, treatment) + _obstacles(story, treatment)
    reach = range_phrase(treatment.primary, inputs.value_format)
    return [f"The test could not tell a small gain from a small loss{where} ({reach})."]


def _too_few(*, is_over: bool) -> str:
    """Tell how many units each variant needs before it can be judged."""
    verb = "had" if is_over else "have"
    return (
        f"The variants {verb} too few units to judge: each needs {START_UNITS}, "
        f"or {START_CONVERSIONS} that converted."
    )
