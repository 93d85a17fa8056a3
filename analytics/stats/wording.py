"""The plain words of a verdict: what happened, how sure, what to do."""

from collections.abc import Callable

from analytics.stats.formats import number, percent, short_percent
from analytics.stats.phrases import harmless_limit, listed, range_phrase
from analytics.stats.story import Story, change_of
from analytics.stats.undecided import do_not_read, inconclusive, keep_running
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
        return f"Stop, do not ship {listed(each.name for each in story.sharing_state())}"
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
        VerdictState.DO_NOT_READ: do_not_read,
        VerdictState.KEEP_RUNNING: keep_running,
        VerdictState.INCONCLUSIVE: inconclusive,
    }
    return tuple(tellers[story.state](story))


def _withheld(story: Story) -> list[str]:
    """Tell what is wrong with the data, and to mend it before anything is read."""
    inputs = story.inputs
    sentences = []
    if Reason.SPLIT in story.reasons:
        chance = _chance(inputs.split.p_value or 0.0)
        sentences += [
            "The split is not as configured.",
            f"A split this uneven happens by chance {chance}.",
        ]
    if Reason.MULTIPLE_EXPOSURE in story.reasons:
        share = percent(inputs.exposure.share or 0.0)
        sentences.append(f"{share} of units met several variants.")
        if inputs.exposure.is_biasing:
            sentences.append("Leaving them out of an uneven split biases it.")
    if Reason.DATA_GAP in story.reasons:
        sentences.append(f"Data are missing ({listed(inputs.gaps)}).")
    if Reason.FAULT in story.reasons:
        known = ["The data cannot be trusted."] if not sentences else []
        sentences += [*known, *inputs.faults]
    first, *others = sentences
    return [_unreadable(first), *others, "Fix the cause and restart."]


def _unreadable(sentence: str) -> str:
    """Return the first fault with what it means to the reader."""
    return f"Do not read results yet: {sentence[0].lower()}{sentence[1:]}"


def _stop(story: Story) -> list[str]:
    """Tell the harm of each treatment that does harm, then what becomes of the others."""
    sentences = []
    for treatment in story.sharing_state():
        if Reason.PRIMARY_WORSE in treatment.reasons:
            sentences += change_of(story, treatment)
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
        sentences.append(_guarded(chosen))
    lift, mde = chosen.primary.lift, story.inputs.mde
    if is_gain and mde is not None and lift is not None and abs(lift) < mde:
        sentences.append("The change is likely overstated; expect less after roll-out.")
    return sentences


def _guarded(treatment: TreatmentVerdict) -> str:
    """Tell that the guardrails hold; of those that only watch, what has not been seen."""
    if all(each.finding.is_shown for each in treatment.guardrails):
        return "Guardrails are within limits."
    return "No guardrail is beyond its limit."


def _gain(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Tell the gain, and that it survives the correction where there was one."""
    sentences = change_of(story, treatment)
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


def _chance(p_value: float) -> str:
    """Return how rarely chance alone does this: less than once in 10,000 tests."""
    if p_value < 0.0001:
        return "less than once in 10,000 tests"
    return f"about once in {number(1 / p_value)} tests"
