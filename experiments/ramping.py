"""Ramp plans: which share of an experiment's own buckets is open, and in which steps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.errors import InvalidInput

MOST_STEPS = 20
MOST_HOURS = 24 * 365


@dataclass(frozen=True, slots=True)
class RampDraft:
    """A step of a ramp: the share to open, and how long after the step before it."""

    percent: int
    after_hours: int = 0
    needs_guardrails: bool = True


def admitted_stop(start: int, stop: int, percent: int) -> int:
    """Return the end of the open part of [start, stop): its first `percent`, at least one bucket.

    A higher share always holds the lower one's buckets, so that raising it moves nobody.

    >>> admitted_stop(2000, 7000, 5), admitted_stop(0, 50, 1), admitted_stop(0, 50, 100)
    (2250, 1, 50)
    """
    return start + max(1, (stop - start) * percent // 100)


def open_percent(start: int, stop: int, admitted: int) -> int:
    """Return the share of [start, stop) that is open, in whole per cent, at least 1.

    >>> open_percent(2000, 7000, 2250)
    5
    """
    return max(1, 100 * (admitted - start) // (stop - start))


def require_rising(steps: Sequence[RampDraft], *, above: int = 0) -> None:
    """Raise InvalidInput unless each step opens more than the one before it.

    `above`: the share that is open already, in per cent.
    """
    if len(steps) > MOST_STEPS:
        raise _invalid(f"{len(steps)} steps; at most {MOST_STEPS}")
    open_now = above
    for step in steps:
        if not open_now < step.percent <= 100:
            raise _invalid(
                f"a step to {step.percent} % after one at {open_now} %: steps rise up to 100 %"
            )
        if not 0 <= step.after_hours <= MOST_HOURS:
            raise _invalid(f"{step.after_hours} hours; a step waits 0 to {MOST_HOURS}")
        open_now = step.percent


def _invalid(problem: str) -> InvalidInput:
    return InvalidInput(problem, field="ramp", hint="For example 1, 5, 25 and 100 %.")
