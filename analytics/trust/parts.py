"""Whether each day and each segment split as configured, to find where a fault is."""

from collections.abc import Iterator, Mapping, Sequence

from analytics.stats.formats import number, p_value_text
from analytics.stats.validity.split import BreakdownEvidence, SplitPart, check_split_by
from analytics.trust.attributes import units_by_attribute
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, Table, from_stats, unknown
from analytics.trust.split import LEAST_EXPECTED, threshold_of

DAYS, SEGMENTS = "split_by_day", "split_by_segment"
MOST_ROWS = 60  # of a table


def check_days(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the split of each day's new units, Holm over the days."""
    days = {
        day: [counts[pk] for pk in facts.variant_ids]
        for day, counts in facts.counting.by_day().items()
    }
    yield _judged(facts, DAYS, "days", "Day", days)


def check_segments(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the split of each segment, Holm over all of them together."""
    found = units_by_attribute(facts.scope, facts.n_units)
    segments = {
        f"{name} = {value}": [counts[pk] for pk in facts.variant_ids]
        for (name, value), counts in found.items()
    }
    if not segments:
        yield unknown(
            SEGMENTS,
            "There are no segments to look at.",
            "No attribute of few values was sent with the units' first exposure.",
        )
        return
    yield _judged(facts, SEGMENTS, "segments", "Segment", segments)


def _judged(
    facts: Facts, code: str, breakdown: str, column: str, parts: Mapping[str, Sequence[int]]
) -> Finding:
    enough = {name: counts for name, counts in parts.items() if _is_enough(counts, facts.weights)}
    if not enough:
        return unknown(
            code, f"The split by {column.lower()} cannot be judged yet.", _missing(facts, parts)
        )
    found = check_split_by(
        breakdown, enough, facts.weights, threshold=threshold_of(has_ended=facts.scope.has_ended)
    )
    evidence = found.evidence
    table = _table(column, facts.names, parts, evidence)
    return from_stats(code, found, _evidence(breakdown, evidence, len(parts)), table=table)


def _is_enough(counts: Sequence[int], weights: Sequence[int]) -> bool:
    return sum(counts) * min(weights) >= LEAST_EXPECTED * sum(weights)


def _missing(facts: Facts, parts: Mapping[str, Sequence[int]]) -> str:
    most = max((sum(counts) for counts in parts.values()), default=0)
    due = -(-LEAST_EXPECTED * sum(facts.weights) // min(facts.weights))
    return f"One of them needs {number(due)} units; the largest has {number(most)}."


def _evidence(breakdown: str, evidence: BreakdownEvidence, n_all: int) -> str:
    first = evidence.parts[0]
    assert first.p_adjusted is not None
    left = n_all - len(evidence.parts)
    text = (
        f"{len(evidence.parts)} {breakdown} compared; smallest p {p_value_text(first.p_adjusted)},"
        f" corrected for all of them ({first.name})."
    )
    return f"{text} {left} had too few units." if left else text


def _table(
    column: str,
    names: Sequence[str],
    parts: Mapping[str, Sequence[int]],
    evidence: BreakdownEvidence,
) -> Table:
    """Return units by part and variant: the mismatched first, then the parts in their order."""
    judged = {part.name: part for part in evidence.parts}
    broken = [part.name for part in evidence.parts if part.is_mismatched]
    order = [*broken, *(name for name in parts if name not in broken)][:MOST_ROWS]
    return Table(
        (column, *names, "p, corrected"),
        tuple((name, *parts[name], _p_text(judged.get(name))) for name in order),
    )


def _p_text(part: SplitPart | None) -> str:
    if part is None or part.p_adjusted is None:
        return "too few"
    return p_value_text(part.p_adjusted)
