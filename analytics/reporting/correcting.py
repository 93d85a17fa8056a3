"""Corrections for asking several questions: which family of p-values gets which."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics.models import Metric
from analytics.models.settings import Correction
from analytics.reporting.comparing import Comparisons, Place
from analytics.reporting.scope import Scope
from analytics.stats.dunnett import dunnett_tail
from analytics.stats.multiplicity import Adjustment, adjust
from analytics.stats.results import Comparison, Monitoring

METHODS: Mapping[str, Adjustment] = {
    Correction.HOLM: Adjustment.HOLM,
    Correction.BONFERRONI: Adjustment.BONFERRONI,
    Correction.BENJAMINI_HOCHBERG: Adjustment.BENJAMINI_HOCHBERG,
    Correction.DUNNETT: Adjustment.HOLM,  # where Dunnett's does not hold
}


def corrected(scope: Scope, comparisons: Comparisons) -> Comparisons:
    """Return the comparisons with p-values adjusted by family.

    The primary metric over treatments, and the secondary metrics times treatments, each by the
    experiment's own choice; guardrails stay sensitive without one.
    """
    choices = scope.choices
    out = dict(comparisons)
    for role, correction in (
        (Metric.Role.PRIMARY, choices.correction),
        (Metric.Role.SECONDARY, choices.secondary_correction),
    ):
        family = _family(scope, comparisons, role)
        if len(family) > 1:
            adjusted = _adjusted([comparisons[place] for place in family], correction)
            out |= dict(zip(family, adjusted, strict=True))
    return out


def _family(scope: Scope, comparisons: Comparisons, role: str) -> list[Place]:
    keys = {chosen.metric.key for chosen in scope.metrics if chosen.role == role}
    return [place for place in comparisons if place[0] in keys]


def _adjusted(family: Sequence[Comparison], correction: str) -> list[Comparison]:
    if correction == Correction.DUNNETT and _is_for_dunnett(family):
        return [_by_dunnett(each, family) for each in family]
    return adjust(family, METHODS[correction])


def _is_for_dunnett(family: Sequence[Comparison]) -> bool:
    """Tell whether all are of one control, read once, and have a statistic."""
    controls = {each.control for each in family}
    is_fixed = all(each.monitoring is Monitoring.FIXED for each in family)
    return is_fixed and len(controls) == 1 and all(each.statistic is not None for each in family)


def _by_dunnett(comparison: Comparison, family: Sequence[Comparison]) -> Comparison:
    assert comparison.statistic is not None
    p_value = dunnett_tail(
        comparison.statistic, comparison.control.n, [each.treatment.n for each in family]
    )
    return replace(comparison, p_adjusted=p_value, adjustment=Correction.DUNNETT.value)
