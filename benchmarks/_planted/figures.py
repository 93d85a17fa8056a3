"""From runs to figures: each with what it should be, and how far chance may carry it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks._planted.shop import NOTHING, Effect, Shop
from benchmarks._planted.truth import ladder, values_of

ERRORS = 3.3  # binomial standard errors: of forty figures one in fifty runs of all strays by chance
LEVEL, ALPHA = 0.95, 0.05

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of runs beside its target.

    `side`: 0 where it must not stray to either side, 1 where it must not exceed the target, -1
    where it must not fall below it, None where it is told and not judged. `target_error`: the
    standard error of the target itself, where that was measured.
    """

    name: str
    hits: int
    runs: int
    target: float
    side: int | None = 0
    target_error: float = 0.0

    @property
    def share(self) -> float:
        """Return the share of runs."""
        return self.hits / self.runs

    @property
    def band(self) -> float:
        """Return how far chance may carry the share from its target."""
        own = self.target * (1 - self.target) / self.runs
        return ERRORS * math.sqrt(own + self.target_error**2)

    @property
    def is_within(self) -> bool:
        """Tell whether the share is where it has to be."""
        gap = self.share - self.target
        if self.side is None:
            return True
        beyond = abs(gap) if self.side == 0 else self.side * gap
        return beyond <= self.band


def share_of(
    name: str, rows: Iterable[bool], target: float, side: int | None = 0, error: float = 0.0
) -> Figure:
    """Return the figure of a yes or no of each run."""
    found = list(rows)
    return Figure(name, sum(found), len(found), target, side, error)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a study's treatment, also under any cap."""

    shop: Shop
    effect: Effect
    seed: int

    def effect_on(self, metric: str, cap: int | None = None) -> float:
        """Return the true difference in the metric's unit, under a cap where there is one."""
        return self.value(metric, cap, self.effect) - self.value(metric, cap, NOTHING)

    def lift_on(self, metric: str, cap: int | None = None) -> float:
        """Return the true lift, a fraction."""
        return self.effect_on(metric, cap) / self.value(metric, cap, NOTHING)

    def value(self, metric: str, cap: int | None, effect: Effect) -> float:
        """Return the true value of a metric in a variant."""
        if cap is None:
            return values_of(self.shop, effect).of(metric)
        return ladder(self.shop, effect, self.seed).mean_under(cap)


@dataclass(frozen=True, slots=True)
class Form:
    """Which form of a metric is looked at: as the report judges it, or raw beside it."""

    name: str
    metric: str
    kind: str


FORMS = (
    Form("CTR", "ctr", "judged"),
    Form("conversion, raw", "conversion", "raw"),
    Form("conversion, with history", "conversion", "judged"),
    Form("revenue per unit, raw", "revenue_per_unit", "raw"),
    Form("revenue per unit, capped and with history", "revenue_per_unit", "judged"),
)


def coverage(
    outcomes: Sequence[Outcome], truth: Truth, *, side: Callable[[Form], int | None]
) -> list[Figure]:
    """Return how often the ranges of difference and lift hold the truth, by form of metric.

    A lift's range that is unbounded holds every lift.
    """
    figures = []
    for form in FORMS:
        readings = [each[form.kind][form.metric] for each in outcomes]
        held = [_holds(r, "", truth.effect_on(form.metric, r["cap"])) for r in readings]
        lifts = [_holds(r, "lift_", truth.lift_on(form.metric, r["cap"])) for r in readings]
        figures.append(share_of(f"{form.name}: difference", held, LEVEL, side(form)))
        figures.append(share_of(f"{form.name}: lift", lifts, LEVEL, side(form)))
    return figures


def _holds(reading: Outcome, part: str, value: float) -> bool:
    low, high = reading[f"{part}low"], reading[f"{part}high"]
    if low is None or high is None:
        return part == "lift_"
    return bool(low <= value <= high)


def is_found(reading: Outcome) -> bool:
    """Tell whether a metric's range lies wholly above zero or wholly below it."""
    low, high = reading["low"], reading["high"]
    return low is not None and high is not None and not low <= 0 <= high


def power(
    outcomes: Sequence[Outcome], planned: dict[str, float], errors: dict[str, float]
) -> list[Figure]:
    """Return how often the effect is found, beside the planned power, by form of metric.

    `planned`, `errors`: by form's name; the second is that of the plan, made of a finite past.
    """
    return [
        share_of(
            form.name,
            (is_found(each[form.kind][form.metric]) for each in outcomes),
            planned[form.name],
            error=errors.get(form.name, 0.0),
        )
        for form in FORMS
        if form.name in planned
    ]


def verdicts(outcomes: Sequence[Outcome], *, wrong: Sequence[str], most: float) -> list[Figure]:
    """Return how often the verdict is one that the truth forbids, and how often it is withheld."""
    told = [each["verdict"] for each in outcomes]
    return [
        share_of(f"verdict {' or '.join(wrong)}", (each in wrong for each in told), most, 1),
        share_of("verdict withheld", (each == "withheld" for each in told), 0.005, 1),
    ]


def watching(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Return how often daily looks at runs without an effect found one, or claimed one."""
    metrics = list(outcomes[0]["found"])
    figures = [
        share_of(
            f"{metric}: a range without zero", (o["found"][metric] for o in outcomes), ALPHA, 1
        )
        for metric in metrics
    ]
    claimed = (bool(each["claims"]) for each in outcomes)
    return [*figures, share_of("verdict ship or stop", claimed, ALPHA, 1)]


def splits(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Return how often a split of 51 to 49 is flagged: while the run is on, and at its end."""
    return [
        share_of("while it runs", (each["running"] for each in outcomes), 0.99, -1),
        share_of("at its end", (each["ended"] for each in outcomes), 0.99, -1),
    ]
