"""A verdict before it has words: what there is to tell."""

from dataclasses import dataclass

from analytics.stats.phrases import change_sentences
from analytics.stats.verdicts import DecisionInputs, Reason, TreatmentVerdict, VerdictState


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to tell: the verdict before it has words."""

    state: VerdictState
    chosen: TreatmentVerdict | None
    judged: tuple[TreatmentVerdict, ...]
    reasons: tuple[Reason, ...]
    days_left: int | None
    inputs: DecisionInputs

    @property
    def has_several(self) -> bool:
        """Tell whether sentences must say which treatment they mean."""
        return len(self.judged) > 1

    def where(self, treatment: TreatmentVerdict) -> str:
        """Return " with Hybrid" where there are several treatments, else nothing."""
        return f" with {treatment.name}" if self.has_several else ""

    def sharing_state(self) -> list[TreatmentVerdict]:
        """Return the treatments in the state of the whole."""
        return [each for each in self.judged if each.state is self.state]


def change_of(story: Story, treatment: TreatmentVerdict) -> list[str]:
    """Return what a treatment's primary metric did and the range, in sentences."""
    inputs, where = story.inputs, story.where(treatment)
    told = change_sentences(inputs.metric_name, treatment.primary, inputs.value_format, where=where)
    return list(told)
