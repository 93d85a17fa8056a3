"""What would change a verdict: the way from where the data stand to another state."""

from collections.abc import Callable

from analytics.stats.compare import START_CONVERSIONS, START_UNITS
from analytics.stats.formats import p_value_text, short_percent
from analytics.stats.phrases import days_phrase, end_phrase, harmless_limit, worst_phrase
from analytics.stats.results import Direction
from analytics.stats.schedule import MINIMUM_DAYS, WEEK, is_planned_size_reached
from analytics.stats.srm import MULTIPLE_BLOCK
from analytics.stats.story import Story
from analytics.stats.verdicts import (
    GuardrailState,
    GuardrailVerdict,
    Reason,
    TreatmentVerdict,
    VerdictState,
)

Teller = Callable[[Story], list[str]]


def outlook_of(story: Story) -> tuple[str, ...]:
    """Return, in sentences, what would turn the verdict into another one."""
    tellers: dict[VerdictState, Teller] = {
        VerdictState.NO_DATA: lambda _: ["The first exposed unit opens the report."],
        VerdictState.WITHHELD: _withheld,
        VerdictState.STOP: _stop,
        VerdictState.SHIP: _ship,
        VerdictState.NO_GAIN: _no_gain,
        VerdictState.DO_NOT_READ: _do_not_read,
        VerdictState.KEEP_RUNNING: _keep_running,
        VerdictState.INCONCLUSIVE: _inconclusive,
    }
    return tuple(dict.fromkeys(tellers[story.state](story)))


def _withheld(story: Story) -> list[str]:
    """Tell what the data must be like before there is a verdict."""
    needs = {
        Reason.SPLIT: "A new phase whose split is as configured gives a verdict.",
        Reason.MULTIPLE_EXPOSURE: (
            f"A new phase in which at most {short_percent(MULTIPLE_BLOCK)} of units "
            "meet several variants gives a verdict."
        ),
        Reason.DATA_GAP: "The missing data, once they are in, give a verdict.",
        Reason.FAULT: "A new phase in which the checks of the data pass gives a verdict.",
    }
    return [sentence for reason, sentence in needs.items() if reason in story.reasons]


def _stop(story: Story) -> list[str]:
    """Tell what would show that the harm was none."""
    sentences = []
    for treatment in story.sharing_state():
        if Reason.PRIMARY_WORSE in treatment.reasons:
            near = _end(story, treatment, is_good=True)
            sentences.append(
                f"A range that reaches 0 again would lift this{story.where(treatment)}: "
                f"its near end is {near}."
            )
        sentences += [
            f"{each.name} back at its limit of {short_percent(each.finding.margin)} "
            f"would lift this{story.where(treatment)}."
            for each in treatment.guardrails
            if each.state is GuardrailState.EXCEEDED
        ]
    return sentences


def _ship(story: Story) -> list[str]:
    """Tell what would withdraw the launch."""
    chosen = story.chosen
    if chosen is None:
        raise ValueError("a verdict to ship names a treatment")
    near = _end(story, chosen, is_good=False)
    border = "0" if Reason.PRIMARY_BETTER in chosen.reasons else harmless_limit(story.inputs)
    sentences = [
        f"A range that reaches {border} again would withdraw this: its near end is {near}."
    ]
    if chosen.guardrails:
        sentences.append("So would a guardrail that is no longer shown to stay within its limit.")
    return sentences


def _no_gain(story: Story) -> list[str]:
    """Tell what could still find a gain."""
    asked = short_percent(story.inputs.mde or 0.0)
    return [f"A new test with more units, planned for less than {asked}, could still tell a gain."]


def _do_not_read(story: Story) -> list[str]:
    """Tell what opens the report."""
    inputs = story.inputs
    if Reason.TOO_FEW_UNITS in story.reasons:
        return [f"{START_UNITS} units in each variant, or {START_CONVERSIONS} that converted."]
    if inputs.has_ended:
        return [f"Reading its first {days_phrase(inputs.days_elapsed // WEEK * WEEK)}."]
    wait = "The planned end" if story.days_left is None else f"{days_phrase(story.days_left)} more"
    return [f"{wait}; harm would stop it before."]


def _keep_running(story: Story) -> list[str]:
    """Tell how far each treatment is from a verdict."""
    sentences = []
    for treatment in story.sharing_state():
        sentences += _until_ship(story, treatment)
    return sentences + _until_end(story)


def _until_ship(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell what a treatment lacks to ship."""
    inputs, where = story.inputs, story.where(treatment)
    if Reason.NOT_COMPUTABLE in treatment.reasons:
        return [f"{inputs.metric_name} has to differ between units before it can be judged."]
    sentences = []
    if Reason.NOT_TOLD_APART in treatment.reasons:
        side = "above" if inputs.direction is Direction.UP else "below"
        border = "0" if inputs.harmless_margin is None else harmless_limit(inputs)
        near = _end(story, treatment, is_good=False)
        sentences.append(
            f"To ship{where}, the range must lie wholly {side} {border}: it reaches to {near}."
        )
    p_adjusted = treatment.primary.p_adjusted
    if Reason.NOT_AFTER_ADJUSTMENT in treatment.reasons and p_adjusted is not None:
        alpha, seen = f"{treatment.primary.alpha:g}", p_value_text(p_adjusted)
        sentences.append(f"To ship{where}, the corrected p must be below {alpha}: it is {seen}.")
    if Reason.GUARDRAIL_OPEN in treatment.reasons:
        open_ones = [each for each in treatment.guardrails if each.state is GuardrailState.OPEN]
        sentences += [_until_shown(each, where) for each in open_ones]
    return sentences


def _until_shown(guardrail: GuardrailVerdict, where: str) -> str:
    """Tell how far a guardrail is from being shown to hold."""
    limit, worst = short_percent(guardrail.finding.margin), worst_phrase(guardrail.finding)
    seen = "" if worst is None else f": {worst} is still compatible with the data"
    return f"To ship{where}, {guardrail.name} must be shown to stay within {limit}{seen}."


def _until_end(story: Story) -> list[str]:
    """Tell what would end a test without a launch."""
    mde = story.inputs.mde
    if mde is None:
        return []
    when = "" if is_planned_size_reached(story.inputs) else " at the planned size"
    return [f"To end without a gain, the range must lie within ±{short_percent(mde)}{when}."]


def _inconclusive(story: Story) -> list[str]:
    """Tell what a next test needs."""
    if Reason.MINIMUM_DAYS in story.reasons:
        return [f"A new phase of at least {days_phrase(MINIMUM_DAYS)} could tell."]
    if Reason.NOT_COMPUTABLE in story.reasons:
        return [f"{story.inputs.metric_name} has to differ between units before it can be judged."]
    return ["A new phase with more units could tell: the range narrows as they come."]


def _end(story: Story, treatment: TreatmentVerdict, *, is_good: bool) -> str:
    """Return the end of the primary range that lies on the good or on the bad side."""
    is_up = story.inputs.direction is Direction.UP
    return end_phrase(treatment.primary, story.inputs.value_format, is_low=is_up is not is_good)
