"""The primary metric by days since first exposure: what is new may wear off."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from analytics.details.reading import fetch
from analytics.errors import InvalidInputError
from analytics.models import Metric
from analytics.queries import DAY_US
from analytics.queries.sums import exact_sums, moments_from, sum_columns
from analytics.queries.terms import MetricQuery, Terms, event_types
from analytics.queries.units import Part, Span, events_of_units, exposed
from analytics.reporting.comparing import if_enough
from analytics.reporting.scope import EMPTY, Scope
from analytics.selectors import ChosenMetric
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.results import Comparison, Kind, Monitoring
from analytics.stats.validity.novelty import DayEffect, check_novelty
from experiments.assignment.specs import Reason

MOST_DAYS = 28  # since first exposure
# Beside each row, so that no part need be joined with the units once more.
OF_VARIANT = ", f.variant_id AS of_variant"
KINDS = (Kind.BINARY, Kind.MEAN, Kind.RATIO)

Days = Mapping[tuple[int, int], Moments]


def novelty_of(scope: Scope) -> dict[str, Any]:
    """Return the primary metric's difference on each day since first exposure, by treatment.

    `days`: {treatment: [{day, n_control, n_treatment, effect, low, high} | None, …]}: what units
    did on that one day of theirs, day 0 the first; only units who have had the whole day count,
    the same in both variants. `trend`: by treatment, the finding of `check_novelty`. {} without a
    primary metric that is a share, a mean or a ratio.
    """
    primary = next((m for m in scope.metrics if m.role == Metric.Role.PRIMARY), None)
    if primary is None or primary.metric.kind not in KINDS:
        return {}
    days = _moments(scope, primary)
    last = max((day for _variant, day in days), default=-1)
    compared = {
        treatment.key: [_compared(days, primary, scope, treatment.pk, d) for d in range(last + 1)]
        for treatment in scope.treatments
    }
    return {
        "metric": primary.metric.key,
        "days": {key: [_day(d, c) for d, c in enumerate(row)] for key, row in compared.items()},
        "trend": {key: _trend(row) for key, row in compared.items()},
    }


def _compared(
    days: Days, chosen: ChosenMetric, scope: Scope, treatment_id: int, day: int
) -> Comparison:
    control = days.get((scope.control.pk, day), EMPTY)
    treatment = days.get((treatment_id, day), EMPTY)
    # Each day stands for itself here: nothing is decided by it.
    found = compare(Kind(chosen.metric.kind), control, treatment, monitoring=Monitoring.FIXED)
    return if_enough(found, chosen.metric.min_units)


def _day(day: int, compared: Comparison) -> dict[str, Any] | None:
    if compared.interval is None:
        return None
    return {
        "day": day,
        "n_control": compared.control.n,
        "n_treatment": compared.treatment.n,
        "effect": compared.effect,
        "low": compared.interval.low,
        "high": compared.interval.high,
    }


def _trend(row: list[Comparison]) -> dict[str, Any]:
    """Return the finding over a treatment's days."""
    effects = [
        DayEffect(float(day), compared.effect, compared.se)
        for day, compared in enumerate(row)
        if compared.effect is not None and compared.se
    ]
    found: dict[str, Any] = check_novelty(effects).to_dict()
    return found


def _moments(scope: Scope, chosen: ChosenMetric) -> Days:
    """Return the moments of units on one day of theirs, by variant id and day."""
    units = _units(scope)
    sums = {(int(v), int(d)): exact_sums(rest) for v, d, *rest in fetch(*statement(scope, chosen))}
    nothing = [0] * (8 if chosen.metric.kind == Kind.RATIO else 4)
    return {place: moments_from(n, sums.get(place, nothing)) for place, n in units.items()}


def _units(scope: Scope) -> Counter[tuple[int, int]]:
    """Return how many units have had the whole of each of their days."""
    text, values = exposed(scope.cut)
    sql = f"""WITH {text}
SELECT variant_id, (%s - t0) / {DAY_US} AS whole_days, COUNT(*) FROM f GROUP BY 1, 2"""  # noqa: S608 - from the tables of queries; every value is bound
    units: Counter[tuple[int, int]] = Counter()
    for variant_id, whole_days, n in fetch(sql, (*values, scope.until_us)):
        for day in range(min(int(whole_days), _days(scope))):
            units[int(variant_id), day] += int(n)
    return units


def _days(scope: Scope) -> int:
    return min(scope.experiment.window_days, MOST_DAYS)


def statement(scope: Scope, chosen: ChosenMetric) -> Part:
    """Return the sums per variant and day since first exposure: as many rows as these."""
    terms = Terms()
    places = terms.places(chosen.query)
    sides = [_side(scope, chosen.query, terms, place) for place in range(len(terms.all))]
    summed = ", ".join(f"SUM({each})" for each in sum_columns(chosen.query, places, terms.all))
    # Cast, for a sum of integers is no integer on PostgreSQL, and is to be divided as one.
    names = ", ".join(f"CAST(SUM(c{i}) AS BIGINT) AS c{i}" for i in range(len(terms.all)))
    units, bound = exposed(scope.cut)
    rows = "\n    UNION ALL\n".join(text for text, _values in sides)
    sql = f"""WITH {units},
d AS (
{rows}
),
u AS (
    SELECT d.of_variant AS variant_id, d.age, {names} FROM d
    WHERE d.t0 + (d.age + 1) * {DAY_US} <= %s GROUP BY d.of_variant, d.unit_id, d.age
)
SELECT variant_id, age, {summed} FROM u GROUP BY variant_id, age"""  # noqa: S608 - as above
    values = (value for _text, group in sides for value in group)
    return sql, (*bound, *values, scope.until_us)


def _side(scope: Scope, query: MetricQuery, terms: Terms, place: int) -> Part:
    """Return one term per unit and day of its own, the other terms as zeros beside it."""
    term = terms.all[place]
    columns = ", ".join(
        f"CAST({term.sql} AS BIGINT) AS c{i}" if i == place else f"CAST(0 AS BIGINT) AS c{i}"
        for i in range(len(terms.all))
    )
    if term.source == "events":
        alias, (rows, bound) = "e", _events(scope, query)
    elif term.source == "slates":
        alias, (rows, bound) = "s", _slates(scope)
    else:
        raise InvalidInputError(f"cannot read {term.source!r} by day")
    sql = f"""    SELECT {alias}.unit_id, {alias}.of_variant, {alias}.t0,
        ({alias}.ts_us - {alias}.t0) / {DAY_US} AS age, {columns}
    FROM (
{rows}
    ) {alias} GROUP BY 1, 2, 3, 4"""  # noqa: S608 - as above
    return sql, (*term.values, *bound)


def _events(scope: Scope, query: MetricQuery) -> Part:
    span = Span(0, _days(scope))
    return events_of_units(event_types([query]), scope.cut, span, kept=OF_VARIANT)


def _slates(scope: Scope) -> Part:
    span = Span(0, _days(scope))
    sql = f"""        SELECT f.t0{OF_VARIANT}, s.*
        FROM f JOIN experiments_slate s ON s.experiment_id = %s AND s.phase = %s
            AND s.unit_id = f.unit_id AND {span.over("s")} AND s.ts_us <= %s
        WHERE s.reason = %s"""  # noqa: S608 - as above
    cut = scope.cut
    return sql, (cut.experiment_id, cut.phase, cut.until_us, Reason.SPLIT.value)
