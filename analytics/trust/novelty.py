"""Whether the effect wears off or grows with the days since a unit was exposed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from analytics.formatting import value_format
from analytics.models import Metric
from analytics.stats.formats import ValueFormat, number
from analytics.stats.results import Status
from analytics.stats.validity.novelty import FLAG_Z, MIN_DAYS
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown

CODE = "novelty"


def check_novelty(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the primary metric of the treatment whose trend is the surest.

    Read from what the report shows of it (`analytics.details`): one statement over the primary
    metric's rows of the first 28 days of each unit, by the indexes of ids.
    """
    found = facts.details.get("novelty", {})
    trends: dict[str, Mapping[str, Any]] = found.get("trend", {})
    if not trends:
        why = found.get("error") or "The report has no effect by days since exposure."
        yield unknown(CODE, "A trend of the effect was not looked for.", why)
        return
    known = {key: each for key, each in trends.items() if each["status"] == Status.OK}
    if not known:
        yield unknown(CODE, "A trend of the effect cannot be judged yet.", _missing(trends))
        return
    key = max(known, key=lambda each: abs(known[each]["evidence"]["statistic"]))
    form = _format_of(facts)
    yield _finding(facts, key, known[key], form, _table(found["days"][key], form))


def _format_of(facts: Facts) -> ValueFormat:
    """Return how differences of the primary metric are written: finer than its values."""
    metric = next(each.metric for each in facts.scope.metrics if each.role == Metric.Role.PRIMARY)
    return replace(value_format(metric.format, facts.scope.experiment.site.currency), decimals=4)


def _finding(
    facts: Facts, key: str, trend: Mapping[str, Any], form: ValueFormat, table: Table
) -> Finding:
    name = next(each.name for each in facts.scope.treatments if each.key == key)
    seen = trend["evidence"]
    evidence = (
        f"{name}: slope {form.text(seen['slope'], is_signed=True)} a day, z"
        f" {number(seen['statistic'], decimals=2)} over {seen['n_days']} days;"
        f" flagged beyond {FLAG_Z}."
    )
    state = State.GOOD if trend["level"] == "ok" else State.WARN
    return Finding(
        CODE, state, trend["summary"], evidence, tuple(trend["causes"]), trend["action"], table
    )


def _missing(trends: Mapping[str, Mapping[str, Any]]) -> str:
    most = max((each["evidence"]["n_days"] for each in trends.values()), default=0)
    return f"{MIN_DAYS} whole days since exposure are needed; there are {most}."


def _table(days: list[Mapping[str, Any] | None], form: ValueFormat) -> Table:
    return Table(
        ("Day since exposure", "Control units", "Treatment units", "Difference"),
        tuple(
            (
                str(each["day"]),
                each["n_control"],
                each["n_treatment"],
                form.text(each["effect"], is_signed=True),
            )
            for each in days
            if each is not None
        ),
    )
