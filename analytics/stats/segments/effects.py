"""The effect in each pre-declared segment, as the tests over segments take it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.results import Comparison, Estimate, Plain

LARGEST, SMALLEST_SE = 1e60, 1e-60  # the square of their quotient stays finite


@dataclass(frozen=True, slots=True)
class SegmentEffect(Plain):
    """One segment's effect, absolute or relative, and its standard error.

    Both None where the segment has no effect or no error: too few units, nothing varies.
    """

    name: str
    effect: float | None
    se: float | None

    def __post_init__(self) -> None:
        if (self.effect is None) != (self.se is None):
            raise InvalidInputError(f"segment {self.name}: effect and error come together")
        if self.effect is None or self.se is None:
            return
        if not abs(self.effect) <= LARGEST or not SMALLEST_SE <= self.se <= LARGEST:
            raise InvalidInputError(
                f"segment {self.name}: effect must be finite and its error positive,"
                f" were {self.effect} and {self.se}"
            )


def segment_effects(
    segments: Mapping[str, tuple[Estimate, Estimate]],
) -> tuple[SegmentEffect, ...]:
    """Return treatment − control with √(s²A + s²B) of every segment.

    `segments`: control and treatment by name. Segments must be fixed before exposure:
    one that the treatment can change compares different units.

    >>> segment_effects({"new": (Estimate(9, 1.0, 0.09), Estimate(9, 1.5, 0.16))})
    (SegmentEffect(name='new', effect=0.5, se=0.5),)
    """
    return tuple(_effect(name, *pair) for name, pair in segments.items())


def effects_of(comparisons: Mapping[str, Comparison]) -> tuple[SegmentEffect, ...]:
    """Return the absolute effects of stored comparisons; None where they have no error."""
    return tuple(
        SegmentEffect(name, None, None)
        if each.se is None
        else SegmentEffect(name, each.effect, each.se)
        for name, each in comparisons.items()
    )


def known_effects(segments: Sequence[SegmentEffect]) -> tuple[list[float], list[float]]:
    """Return effects and errors of the segments that have both."""
    pairs = [(s.effect, s.se) for s in segments if s.effect is not None and s.se is not None]
    return [effect for effect, _ in pairs], [se for _, se in pairs]


def _effect(name: str, control: Estimate, treatment: Estimate) -> SegmentEffect:
    if control.value is None or treatment.value is None:
        return SegmentEffect(name, None, None)
    if control.variance is None or treatment.variance is None:
        return SegmentEffect(name, None, None)
    se = math.sqrt(control.variance + treatment.variance)
    if se < SMALLEST_SE:
        return SegmentEffect(name, None, None)
    return SegmentEffect(name, treatment.value - control.value, se)
