"""Whether effects differ between segments beyond chance: Cochran's Q, I², τ²."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from analytics.stats.results import Plain, Status
from analytics.stats.segments.effects import SegmentEffect, known_effects


@dataclass(frozen=True, slots=True)
class Heterogeneity(Plain):
    """How far segment effects lie apart; None where fewer than two segments have one.

    `pooled`: the precision-weighted effect, `pooled_se` its error if all segments share
    it. `i2`: share of the spread beyond chance, in [0, 1). `tau2`: variance of the true
    effects between segments, by DerSimonian–Laird, in the squared unit of the effect.
    """

    status: Status
    n_segments: int
    pooled: float | None = None
    pooled_se: float | None = None
    q: float | None = None
    df: int | None = None
    p_value: float | None = None
    i2: float | None = None
    tau2: float | None = None


def heterogeneity(segments: Sequence[SegmentEffect]) -> Heterogeneity:
    """Return Cochran's Q = Σ w (d − d̄)², w = 1/se², over k − 1 degrees of freedom.

    d̄ = Σ w d / Σ w; I² = max(0, 1 − df/Q); τ² = max(0, (Q − df) / (Σw − Σw²/Σw)).
    Segments without an effect are left out; fewer than two: `insufficient_data`.
    Sources: Cochran (1954), Biometrics 10; Higgins & Thompson (2002), Stat. Med. 21;
    DerSimonian & Laird (1986), Control. Clin. Trials 7.

    >>> round(heterogeneity([SegmentEffect("a", 0.6, 0.2), SegmentEffect("b", 0.1, 0.25)]).q, 6)
    2.439024
    """
    effects, errors = (np.array(each) for each in known_effects(segments))
    k = len(effects)
    if k < 2:
        return Heterogeneity(Status.INSUFFICIENT_DATA, k)
    # Relative to the surest segment, so that errors of any size keep their squares.
    unit = errors.min()
    weights = (unit / errors) ** 2
    total = weights.sum()
    pooled = float(weights @ effects / total)
    q = float((((effects - pooled) / errors) ** 2).sum())
    df = k - 1
    spread = float(total - (weights**2).sum() / total)
    return Heterogeneity(
        status=Status.OK,
        n_segments=k,
        pooled=pooled,
        pooled_se=float(unit / np.sqrt(total)),
        q=q,
        df=df,
        p_value=float(chdtrc(df, q)),
        i2=max(0.0, 1 - df / q) if q else 0.0,
        tau2=max(0.0, q - df) / spread * float(unit) ** 2 if spread > 0 else 0.0,
    )
