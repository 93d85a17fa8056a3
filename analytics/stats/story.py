"""A verdict before it has words: what there is to tell."""

from dataclasses import dataclass

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
