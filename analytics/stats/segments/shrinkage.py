"""Segment effects drawn towards what they have in common, as far as each is unsure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import Interval, Plain, Status
from analytics.stats.segments.effects import SegmentEffect
from analytics.stats.segments.heterogeneity import heterogeneity


@dataclass(frozen=True, slots=True)
class ShrunkenEffect(Plain):
    """One segment's effect after shrinkage; `kept` is the share of its own evidence, 0 to 1.

    All None where the segment has no effect, or it is the only one that has.
    """

    name: str
    status: Status
    effect: float | None = None
    se: float | None = None
    interval: Interval | None = None
    kept: float | None = None


@dataclass(frozen=True, slots=True)
class ShrunkenEffects(Plain):
    """All segments, and the mean of their true effects with its error."""

    status: Status
    mean: float | None
    mean_se: float | None
    tau2: float | None
    segments: tuple[ShrunkenEffect, ...]


def shrink_effects(segments: Sequence[SegmentEffect], *, alpha: float = 0.05) -> ShrunkenEffects:
    """Return the empirical-Bayes effects of the segments, in their order.

    With τ² by DerSimonian–Laird and w = 1/(se² + τ²): mean μ = Σ w d / Σ w, kept
    B = τ²/(τ² + se²), effect μ + B (d − μ), variance B·se² + (1 − B)² / Σ w, which
    counts that μ is estimated too but not that τ² is. τ² = 0 gives every segment the
    mean. Sources: Efron & Morris (1975), JASA 70; DerSimonian & Laird (1986).
    """
    z = upper_quantile(require_alpha(alpha) / 2)
    tau2 = heterogeneity(segments).tau2
    if tau2 is None:
        blank = tuple(ShrunkenEffect(s.name, Status.INSUFFICIENT_DATA) for s in segments)
        return ShrunkenEffects(Status.INSUFFICIENT_DATA, None, None, None, blank)
    known = [(s.effect, s.se) for s in segments if s.effect is not None and s.se is not None]
    precision = math.fsum(1 / (se**2 + tau2) for _, se in known)
    mean = math.fsum(effect / (se**2 + tau2) for effect, se in known) / precision
    return ShrunkenEffects(
        status=Status.OK,
        mean=mean,
        mean_se=math.sqrt(1 / precision),
        tau2=tau2,
        segments=tuple(_shrunken(s, mean, 1 / precision, tau2, z) for s in segments),
    )


def _shrunken(
    segment: SegmentEffect, mean: float, mean_variance: float, tau2: float, z: float
) -> ShrunkenEffect:
    if segment.effect is None or segment.se is None:
        return ShrunkenEffect(segment.name, Status.INSUFFICIENT_DATA)
    variance = segment.se**2
    kept = tau2 / (tau2 + variance)
    effect = mean + kept * (segment.effect - mean)
    se = math.sqrt(kept * variance + (1 - kept) ** 2 * mean_variance)
    interval = Interval(effect - z * se, effect + z * se)
    return ShrunkenEffect(segment.name, Status.OK, effect, se, interval, kept)
