"""What a plan is asked: for how long, for which lift, and how it will be read and judged."""

from dataclasses import dataclass, fields, replace
from typing import Any

from analytics.choices import choices_of
from analytics.models.settings import Correction as Corrections
from analytics.stats.planning.design import Correction, Design, Looks
from analytics.stats.planning.duration import MOST_DAYS
from experiments.assignment.hashing import BUCKETS
from experiments.errors import InvalidInput
from experiments.models import Experiment

# What may be asked, both ends included: beyond them a plan says nothing that anybody could use.
DAYS = (1, MOST_DAYS)
LIFT = (0.0001, 10.0)
POWER = (0.5, 0.99)
ALPHA = (0.001, 0.2)
SHARE = (1 / BUCKETS, 1.0)
BOUNDS = {"days": DAYS, "lift": LIFT, "power": POWER, "alpha": ALPHA, "share": SHARE}
USUAL_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices of a plan; lift, power, alpha and share are fractions.

    `lift`: the smallest one worth finding, None where nobody named it. `share`: of the traffic
    that the placement has. Raises InvalidInput, with the field, on what lies out of bounds.
    """

    days: int
    lift: float | None
    share: float
    uses_cuped: bool = True
    looks: Looks = Looks.ALWAYS_VALID
    power: float = USUAL_POWER
    alpha: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "looks", Looks(self.looks))
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidInput(
                    f"{name} must lie between {low:g} and {high:g}, was {value:g}", field=name
                )

    @classmethod
    def of(cls, experiment: Experiment, **changes: Any) -> "Asked":
        """Return what an experiment's own set-up asks, with some of it replaced.

        What is replaced by None stays as it is set up.
        """
        choices = choices_of(experiment)
        is_fixed = experiment.monitoring == Experiment.Monitoring.FIXED
        own = cls(
            days=min(max(experiment.planned_days or 1, DAYS[0]), DAYS[1]),
            lift=_within(experiment.mde),
            share=allocated(experiment) or SHARE[1],
            uses_cuped=choices.uses_cuped,
            looks=Looks.FIXED if is_fixed else Looks.ALWAYS_VALID,
            alpha=min(max(choices.alpha, ALPHA[0]), ALPHA[1]),
        )
        known = {field.name for field in fields(cls)}
        return replace(own, **{k: v for k, v in changes.items() if k in known and v is not None})


def _within(lift: float | None) -> float | None:
    return min(max(lift, LIFT[0]), LIFT[1]) if lift else None


def allocated(experiment: Experiment) -> float:
    """Return the share of its layer that an experiment was lent, 0 while it has none."""
    allocation = getattr(experiment, "allocation", None)
    return (allocation.stop - allocation.start) / BUCKETS if allocation else 0.0


def weights_of(experiment: Experiment) -> tuple[float, ...]:
    """Return the weights of its variants, control first."""
    variants = sorted(experiment.variants.all(), key=lambda each: not each.is_control)
    return tuple(float(variant.weight) for variant in variants)


def design_of(experiment: Experiment, asked: Asked) -> Design:
    """Return how each metric is judged; raises InvalidInputError below two variants."""
    weights = weights_of(experiment)
    return Design(
        weights=weights,
        alpha=asked.alpha,
        power=asked.power,
        looks=asked.looks,
        correction=_correction(experiment) if len(weights) > 2 else Correction.NONE,
    )


def _correction(experiment: Experiment) -> Correction:
    """Return how several treatments are allowed for; Holm is never worse than Bonferroni."""
    is_dunnett = choices_of(experiment).correction == Corrections.DUNNETT
    return Correction.DUNNETT if is_dunnett else Correction.BONFERRONI
