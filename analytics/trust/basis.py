"""Which checks follow the basis of an analysis, and how those say so that do not."""

from collections.abc import Iterable
from dataclasses import replace

from analytics.reporting.scope import Scope
from analytics.trust.finding import Finding, State

# The others look at what was served and logged, of every unit that was exposed.
FOLLOWING = frozenset({"split", "split_by_day", "split_by_segment", "novelty"})
# They look at no unit at all: at what waits, or at the report's readers.
OF_NO_UNIT = frozenset({"late_data", "peeking"})
SERVED = "Looked at are all units that were served a list, also those that saw none."


def with_basis(scope: Scope, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings; those that do not follow the basis `viewed` say so."""
    if not scope.is_viewed:
        return tuple(findings)
    return tuple(_told(each) for each in findings)


def _told(finding: Finding) -> Finding:
    if finding.code in FOLLOWING | OF_NO_UNIT or finding.state is State.UNKNOWN:
        return finding
    return replace(finding, evidence=f"{finding.evidence} {SERVED}".strip())
