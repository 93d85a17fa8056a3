"""What buyers spent: units by what each brought, on a logarithmic scale; and where the cap lies."""

from bisect import bisect_right
from collections import Counter
from typing import Any

from analytics.details.reading import fetch
from analytics.models import Metric
from analytics.queries.merging import merged
from analytics.queries.terms import Terms, event_types
from analytics.queries.units import Part, Span, event_sums, exposed
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric

PER_DECADE = 8
DECADES = 15  # a hundred times the largest amount of one event
EDGES = tuple(
    dict.fromkeys(round(10 ** (step / PER_DECADE)) for step in range(DECADES * PER_DECADE + 1))
)


def distribution_of(scope: Scope) -> dict[str, Any]:
    """Return how many units brought how much, by variant key, for the first revenue metric.

    `edges`: lower ends of the bins that anybody fell in, and the end of the last, in minor units.
    `variants`: {key: {"counts": units per bin, "nothing": units that brought nothing or less,
    "units": all}}. {} where no metric is revenue per unit.
    """
    chosen = next((each for each in scope.metrics if _is_revenue(each.metric)), None)
    if chosen is None:
        return {}
    counts: Counter[tuple[int, int]] = Counter()
    for variant_id, bin_, n in fetch(*statement(scope, chosen)):
        counts[int(variant_id), int(bin_)] += int(n)
    used = [bin_ for _variant, bin_ in counts if bin_]
    low, high = min(used, default=1), max(used, default=0)
    return {
        "metric": chosen.metric.key,
        "edges": [EDGES[i] for i in range(low - 1, high + 1)] if used else [],
        "variants": {
            v.key: {
                "counts": [counts[v.pk, bin_] for bin_ in range(low, high + 1)],
                "nothing": counts[v.pk, 0],
                "units": sum(n for (variant, _bin), n in counts.items() if variant == v.pk),
            }
            for v in scope.variants
        },
    }


def bin_of(amount: int) -> int:
    """Return the bin of an amount in minor units: 0 for nothing or less, else 1, 2 and so on.

    The last one has no end.

    >>> bin_of(0), bin_of(1), bin_of(EDGES[5]), bin_of(EDGES[5] - 1)
    (0, 1, 6, 5)
    """
    return bisect_right(EDGES[:-1], amount)


def statement(scope: Scope, chosen: ChosenMetric) -> Part:
    """Return the count of units per variant and bin: as many rows as these."""
    query, terms = chosen.query, Terms()
    terms.places(query)
    units, bound = exposed(scope.cut)
    summed, values = event_sums(
        terms.of("events"), event_types([query]), scope.cut, Span(0, scope.cut.window_days)
    )
    # The last edge first: the first that an amount reaches is its bin.
    reached = " ".join(
        f"WHEN u.c0 >= {edge} THEN {i}" for i, edge in reversed(list(enumerate(EDGES[:-1], 1)))
    )
    rows = merged(["unit_id"], {"variant_id": "f.variant_id"}, ["c0"], {"ev": {"c0"}})
    sql = f"""WITH {units},
{summed},
u AS (
    {rows}
)
SELECT u.variant_id, CASE {reached} ELSE 0 END AS bin, COUNT(*) FROM u GROUP BY 1, 2"""  # noqa: S608 - from the tables of queries; every value is bound
    return sql, (*bound, *values)


def _is_revenue(metric: Metric) -> bool:
    """Tell whether a metric sums money of events per unit."""
    is_money = metric.format == Metric.Format.MONEY and metric.numerator.get("sum") == "amount"
    return metric.kind == Metric.Kind.MEAN and is_money
