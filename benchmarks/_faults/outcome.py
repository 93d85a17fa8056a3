"""What a scenario is asked to do, what came of it, and how that is printed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks._faults.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of a scenario: events to send, faults to strike with, seconds of pressure."""

    seed: int
    events: int
    faults: int
    seconds: float = 60.0


@dataclass(slots=True)
class Outcome:
    """The figures of one scenario, and in words what did not hold beside the verdict's counts."""

    scenario: str
    engine: str
    plan: Plan
    verdict: Verdict
    faults: int
    took_s: float
    remark: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether everything that was promised held."""
        return self.verdict.holds and not self.failures


HEAD = (
    "scenario",
    "database",
    "seed",
    "acknowledged",
    "stored",
    "lost",
    "double",
    "half batches",
    "revenue off",
    "report off",
    "books off",
    "faults",
    "seconds",
    "",
)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a Markdown table, amounts in minor units."""
    lines = [HEAD, ("---",) * len(HEAD), *map(_row, outcomes)]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)


def _row(outcome: Outcome) -> tuple[object, ...]:
    found = outcome.verdict
    words = [outcome.remark, *(f"FAILED: {each}" for each in outcome.failures)]
    if not found.holds:
        words.append("FAILED: a promise was broken")
    if found.unknown:
        words.append(f"{found.unknown} events that nobody sent")
    return (
        outcome.scenario,
        outcome.engine,
        outcome.plan.seed,
        found.acknowledged,
        found.stored,
        found.lost,
        found.double,
        found.half,
        found.revenue_off,
        found.report_off,
        found.books_off,
        outcome.faults,
        f"{outcome.took_s:.0f}",
        "; ".join(filter(None, words)),
    )
