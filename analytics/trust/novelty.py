"""Whether the effect wears off or grows with the days since a unit was exposed."""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.stats.formats import number
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
    yield _finding(facts, key, known[key], _table(found["days"][key]))


def _finding(facts: Facts, key: str, trend: Mapping[str, Any], table: Table) -> Finding:
    name = next(each.name for each in facts.scope.treatments if each.key == key)
    seen = trend["evidence"]
    evidence = (
        f"{name}: slope {number(seen['slope'], decimals=5, is_signed=True)} a day, z"
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


def _table(days: list[Mapping[str, Any] | None]) -> Table:
    return Table(
        ("Day since exposure", "Control units", "Treatment units", "Difference"),
        tuple(
            (
                str(each["day"]),
                each["n_control"],
                each["n_treatment"],
                number(each["effect"], decimals=4, is_signed=True),
            )
            for each in days
            if each is not None
        ),
    )
