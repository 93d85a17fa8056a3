"""Experiments as plain values: what the state machine expects of the real ones."""

from dataclasses import dataclass, field

from experiments.assignment.layers import Range, complement
from experiments.lifecycle import EDITABLE, HOLDS_BUCKETS, TRANSITIONS, UNDER_WAY, Status

HORIZON_DAYS = 5  # after which an experiment with an end is over


@dataclass
class PlainStep:
    """A step of a ramp plan."""

    percent: int
    needs_guardrails: bool
    is_applied: bool = False


@dataclass
class PlainExperiment:
    """What an experiment should be after the steps so far."""

    pk: int
    creator: str
    range: Range
    requires_approval: bool
    weights: tuple[int, int] = (1, 1)
    name: str = ""
    status: Status = Status.DRAFT
    version: int = 1
    phase: int = 1
    editors: set[str] = field(default_factory=set)  # since the last approval
    submitter: str = ""
    approved: int | None = None
    open_percent: int = 100
    is_closed: bool = False
    is_killed: bool = False
    has_end: bool = False
    was_waived: bool = False
    steps: list[PlainStep] = field(default_factory=list)
    records: int = 1
    moves: int = 0
    launched: list[tuple[int, int]] = field(default_factory=list)  # the weights of each phase

    @property
    def size(self) -> int:
        return self.range[1] - self.range[0]

    @property
    def admitted_stop(self) -> int:
        return self.range[0] + max(1, self.size * self.open_percent // 100)

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def holds_buckets(self) -> bool:
        return self.status in HOLDS_BUCKETS

    @property
    def is_approved(self) -> bool:
        return not self.requires_approval or self.approved == self.version

    @property
    def waiting(self) -> list[PlainStep]:
        return [step for step in self.steps if not step.is_applied]

    def allows(self, action: str) -> bool:
        return action in TRANSITIONS[self.status]

    def take(self, action: str) -> None:
        """Go where the table says; every step leaves one row of the audit."""
        target = TRANSITIONS[self.status][action]
        self.moves += target != self.status
        self.status = target
        self.records += 1

    def edited(self, actor: str) -> None:
        self.version += 1
        self.editors.add(actor)
        self.records += 1

    def launch(self, free: Range) -> None:
        self.range = free
        self.open_percent = self.steps[0].percent if self.steps else 100
        for step in self.steps[:1]:
            step.is_applied = True
        self.launched.append(self.weights)
        self.take("start")

    def ramp(self, percent: int) -> None:
        """Open a share by hand: lowering drops what was to come."""
        is_lower = percent < self.open_percent
        later = [] if is_lower else [each for each in self.waiting if each.percent > percent]
        taken = [each for each in self.steps if each.is_applied]
        self.steps = [*taken, PlainStep(percent, True, is_applied=True), *later]
        self.open_percent = percent
        self.records += 1


def free_range(wanted: PlainExperiment, others: list[PlainExperiment]) -> Range | None:
    """Return where an experiment would stand among those that hold buckets; None without room."""
    taken = held(others, besides=wanted)
    start, stop = wanted.range
    if any(low <= start and stop <= high for low, high in complement(taken)):
        return wanted.range
    return first_gap(taken, wanted.size)


def first_gap(taken: list[Range], size: int) -> Range | None:
    gaps = complement(taken)
    return next(((low, low + size) for low, high in gaps if high - low >= size), None)


def held(others: list[PlainExperiment], besides: PlainExperiment | None = None) -> list[Range]:
    return [each.range for each in others if each.holds_buckets and each is not besides]
