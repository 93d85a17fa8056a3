"""The trust gate: what has to hold of the data before anything they show is believed."""

from collections.abc import Mapping
from typing import Any

from analytics.judging import Comparisons
from analytics.measuring import Measured
from analytics.scope import Scope
from analytics.trust.facts import Facts
from analytics.trust.finding import gravest
from analytics.trust.multiple import check_multiple
from analytics.trust.parts import check_days, check_segments
from analytics.trust.running import CheckFunction, run_checks
from analytics.trust.split import check_split, judge_split
from analytics.trust.weights import weights_of

__all__ = ["CHECKS", "findings_of", "judge_split", "weights_of"]

CHECKS: tuple[tuple[str, CheckFunction], ...] = (
    ("split", check_split),
    ("split_by_day", check_days),
    ("split_by_segment", check_segments),
    ("multiple_exposure", check_multiple),
)


def findings_of(
    scope: Scope,
    measured: Measured,
    comparisons: Comparisons,
    *,
    details: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], ...]:
    """Return every check's finding, the gravest first, as they are stored with the report.

    `details`: what the report computed beside its metrics, so that it is not computed again. A
    check that fails or takes too long is `unknown`, with the reason; reads, writes nothing.
    """
    facts = Facts(scope, measured, comparisons, details or {})
    found = run_checks(CHECKS, facts)
    return tuple(each.to_dict() for each in gravest(found))
