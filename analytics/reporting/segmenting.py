"""The effect in each segment of units: exploratory, tested for differing, and shrunk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.models import Metric
from analytics.queries import Groups
from analytics.reporting.comparing import compare_samples, if_enough, settings_of
from analytics.reporting.scope import Scope
from analytics.reporting.segment_sums import sums_by_attribute
from analytics.selectors import ChosenMetric
from analytics.stats.results import Comparison, Kind
from analytics.stats.segments.effects import SegmentEffect
from analytics.stats.segments.heterogeneity import Heterogeneity, heterogeneity
from analytics.stats.segments.interaction import segment_claims
from analytics.stats.segments.shrinkage import shrink_effects
from analytics.trust.attributes import attributes_of

MOST_METRICS = 4  # the primary one first; each cuts every attribute once more
UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True)
class _Cut:
    """One metric of one treatment by one attribute: a comparison for each of its values."""

    attribute: str
    chosen: ChosenMetric
    treatment: str
    values: Mapping[str, Comparison]

    @property
    def effects(self) -> list[SegmentEffect]:
        """Return lift and its standard error by value."""
        return [_effect(value, each) for value, each in self.values.items()]

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.attribute}/{self.chosen.metric.key}/{self.treatment}"


def segments_of(scope: Scope, caps: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
    """Return the effects by every attribute that units had at first exposure.

    Attributes of few values that most units have; the first metrics by role. Whether segments
    differ is Cochran's Q over the lifts, Benjamini–Hochberg over all of them. Lifts are also drawn
    towards what they have in common. All of it is exploratory.
    """
    attributes = attributes_of(scope)
    sums = sums_by_attribute(scope, _chosen(scope), list(attributes), caps)
    found = [
        cut
        for attribute, values in attributes.items()
        for chosen in _chosen(scope)
        if (groups := sums.get((chosen.metric.key, attribute)))
        for cut in _of_metric(scope, attribute, values, chosen, groups)
    ]
    tests = {cut.name: heterogeneity(cut.effects) for cut in found}
    claims = {each.segmentation: each.p_adjusted for each in segment_claims(tests)}
    return tuple(_entry(cut, tests[cut.name], claims[cut.name]) for cut in found)


def _chosen(scope: Scope) -> list[ChosenMetric]:
    """Return the metrics that are cut, primary first; quantiles have no sums to cut."""
    fit = [each for each in scope.metrics if each.kind is not Kind.QUANTILE]
    return [each for each in fit if each.role != Metric.Role.GUARDRAIL][:MOST_METRICS]


def _of_metric(
    scope: Scope,
    attribute: str,
    values: set[str],
    chosen: ChosenMetric,
    groups: Groups,
) -> list[_Cut]:
    settings = settings_of(scope, scope.choices.alpha) | {"planned_n": None}
    variants = [scope.control, *scope.treatments]
    by_value: dict[str, list[Comparison]] = {}
    for (text,), samples in sorted(groups.items()):
        if text in values or not text:
            known = [samples.get(variant.pk) for variant in variants]
            compared = compare_samples(chosen.kind, known, settings)
            least = chosen.metric.min_units
            by_value[text or UNKNOWN] = [if_enough(each, least) for each in compared]
    return [
        _Cut(attribute, chosen, treatment.key, {v: each[i] for v, each in by_value.items()})
        for i, treatment in enumerate(scope.treatments)
        if len(by_value) > 1
    ]


def _effect(value: str, comparison: Comparison) -> SegmentEffect:
    """Return a segment's lift with its error: half its range over the critical value."""
    span, critical = comparison.lift_interval, comparison.critical_value
    if comparison.lift is None or span is None or not critical or span.high <= span.low:
        return SegmentEffect(value, None, None)
    return SegmentEffect(value, comparison.lift, (span.high - span.low) / 2 / critical)


def _entry(cut: _Cut, test: Heterogeneity, p_adjusted: float | None) -> dict[str, Any]:
    shrunk = {each.name: each.effect for each in shrink_effects(cut.effects).segments}
    return {
        "attribute": cut.attribute,
        "metric": cut.chosen.metric.key,
        "treatment": cut.treatment,
        "values": [
            _value(value, comparison, shrunk.get(value)) for value, comparison in cut.values.items()
        ],
        "interaction_p": test.p_value,
        "adjusted_p": p_adjusted,
        "note": _note(test),
    }


def _value(value: str, comparison: Comparison, shrunk: float | None) -> dict[str, Any]:
    span = comparison.lift_interval
    return {
        "value": value,
        "n_control": comparison.control.n,
        "n_treatment": comparison.treatment.n,
        "lift": comparison.lift,
        "low": span.low if span else None,
        "high": span.high if span else None,
        "shrunk": shrunk,
    }


def _note(test: Heterogeneity) -> str:
    if test.p_value is None:
        return "Fewer than two segments have units enough for a range."
    return ""
