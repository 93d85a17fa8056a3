"""The trust gate: what has to hold of the data before anything they show is believed."""

from collections.abc import Mapping
from typing import Any

from analytics.reporting.judging import Comparisons
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import Scope
from analytics.trust.basis import with_basis
from analytics.trust.carry_over import check_carry
from analytics.trust.facts import Facts
from analytics.trust.fallback import check_fallback
from analytics.trust.finding import gravest
from analytics.trust.instruments import check_instruments
from analytics.trust.late import check_late
from analytics.trust.leak import check_leak
from analytics.trust.multiple import check_multiple
from analytics.trust.novelty import check_novelty
from analytics.trust.onset import with_onsets
from analytics.trust.parts import check_days, check_segments
from analytics.trust.peeking import check_peeking
from analytics.trust.periods import check_periods
from analytics.trust.prior import check_prior
from analytics.trust.running import CheckFunction, run_checks
from analytics.trust.shoppers import check_shoppers
from analytics.trust.split import check_split, judge_split
from analytics.trust.weights import weights_of

__all__ = ["CHECKS", "findings_of", "judge_split", "weights_of"]

# What a fault would spoil most comes first; a check's code is that of its findings.
CHECKS: tuple[tuple[str, CheckFunction], ...] = (
    ("split", check_split),
    ("split_by_day", check_days),
    ("split_by_segment", check_segments),
    ("multiple_exposure", check_multiple),
    ("exposure_leak", check_leak),
    ("no_shoppers", check_shoppers),
    ("instrument_gaps", check_instruments),
    ("fallback", check_fallback),
    ("pre_period", check_prior),
    ("late_data", check_late),
    ("allocation_change", check_periods),
    ("carry_over", check_carry),
    ("novelty", check_novelty),
    ("peeking", check_peeking),
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
    found = with_basis(scope, gravest(run_checks(CHECKS, facts)))
    return tuple(each.to_dict() for each in with_onsets(scope, found))
