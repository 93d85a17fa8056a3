"""How units share single values: what a quantile's error is told by."""

from analytics.queries.terms import MetricQuery, Term, Terms, value_of

BELOW_ALL = -(2**62)


def share_terms(terms: Terms, metric: MetricQuery, at: int | None) -> tuple[int, int]:
    """Return the places of how many of a unit's values lie at or below `at`, and how many it has.

    Without `at` the first counts none.
    """
    source, text, values = value_of(metric)
    start, days = metric.span
    below = f"SUM(CASE WHEN {text} <= %s THEN 1 ELSE 0 END)"
    bound = (*values, BELOW_ALL if at is None else int(at))
    found = (
        Term(source, below, bound, False, start, days),
        Term(source, f"COUNT({text})", values, False, start, days),
    )
    terms.all.extend(term for term in found if term not in terms.all)
    return terms.all.index(found[0]), terms.all.index(found[1])
