"""Since when a finding is what it is: as the report before it says."""

from collections.abc import Iterable

from analytics.reporting.scope import Scope
from analytics.selectors import latest_ready
from analytics.trust.finding import Finding, since


def with_onsets(scope: Scope, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with the data cut of the first report in a row that found them so."""
    known = _states_before(scope)
    return tuple(
        since(each, known.get((each.code, each.state.value), scope.until_us)) for each in findings
    )


def _states_before(scope: Scope) -> dict[tuple[str, str], int]:
    """Return since when, by code and state, of the last report of the same phase."""
    analysis = latest_ready(scope.experiment)
    if analysis is None or analysis.phase != scope.phase:
        return {}
    return {
        (each["code"], each["state"]): each.get("since_us") or analysis.data_cut_us
        for each in analysis.report.get("findings", ())
    }
