"""Whether one segment's effect may be called different from another's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analytics.stats.effects import require_defined
from analytics.stats.multiplicity import benjamini_hochberg
from analytics.stats.references import NormalReference, require_alpha
from analytics.stats.results import EffectTest, Estimate, Interval, Plain
from analytics.stats.segments.heterogeneity import Heterogeneity

NO_EVIDENCE = "No evidence that segments differ."
SOME_EVIDENCE = "The effect differs between segments."


@dataclass(frozen=True, slots=True)
class SegmentClaim(Plain):
    """Whether one segmentation shows different effects; `p_adjusted` by Benjamini–Hochberg."""

    segmentation: str
    p_value: float | None
    p_adjusted: float | None
    is_shown: bool
    text: str


def interaction_test(
    first: tuple[Estimate, Estimate],
    second: tuple[Estimate, Estimate],
    *,
    alpha: float = 0.05,
) -> EffectTest | None:
    """Return the effect in the second segment minus that in the first, with its test.

    `first`, `second`: control and treatment. The coefficient of treatment × segment in
    the regression of y on both and their product. With one mean per cell, its HC2
    error is exactly √Σ v/n over the four cells (v with divisor n − 1), so cells suffice
    and no regression is run. None when an estimate is undefined or nothing varies.
    Source: MacKinnon & White (1985), J. Econometrics 29, for HC2.
    """
    cells = [*first, *second]
    if any(cell.value is None or cell.variance is None for cell in cells):
        return None
    (a, va), (b, vb), (c, vc), (d, vd) = (require_defined(cell) for cell in cells)
    se = math.sqrt(va + vb + vc + vd)
    if se == 0:
        return None
    reference = NormalReference(alpha)
    effect, reach = (d - c) - (b - a), reference.critical_value * se
    return EffectTest(
        effect=effect,
        se=se,
        statistic=effect / se,
        df=None,
        p_value=reference.p_value(effect / se),
        critical_value=reference.critical_value,
        interval=Interval(effect - reach, effect + reach),
    )


def segment_claims(
    segmentations: Mapping[str, Heterogeneity], *, q: float = 0.05
) -> tuple[SegmentClaim, ...]:
    """Return which segmentations show different effects, Benjamini–Hochberg over all of them.

    `q`: the share of false claims to allow. A segmentation that cannot be judged is
    left out of the family and claims nothing.
    """
    require_alpha(q)
    p_values = [each.p_value for each in segmentations.values()]
    adjusted = benjamini_hochberg(p_values)
    return tuple(
        SegmentClaim(name, p, p_adjusted, is_shown, SOME_EVIDENCE if is_shown else NO_EVIDENCE)
        for name, p, p_adjusted in zip(segmentations, p_values, adjusted, strict=True)
        for is_shown in (p_adjusted is not None and p_adjusted < q,)
    )
