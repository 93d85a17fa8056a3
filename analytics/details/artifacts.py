"""Which artifact answered when, per variant, and when a fallback answered instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analytics.details.reading import fetch
from analytics.details.served import served_lists
from analytics.reporting.scope import Scope

MOST_SPANS = 200  # of one variant: a timeline with more of them shows nothing

COLUMNS = (
    "variant_id",
    "day",
    "recommender",
    "artifact",
    "fallback",
    "from_us",
    "until_us",
    "lists",
)
ANSWERED = """
SELECT s.variant_id, s.day, s.recommender, s.artifact, s.fallback,
    MIN(s.ts_us), MAX(s.ts_us), COUNT(*)
FROM experiments_slate s WHERE {served} GROUP BY 1, 2, 3, 4, 5 ORDER BY 6, 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which one artifact answered; `lists`: how many."""

    artifact: str
    from_us: int
    until_us: int
    lists: int


def artifacts_of(scope: Scope) -> dict[str, Any]:
    """Return the stretches of each variant's artifacts, and its fallbacks by day.

    `variants`: {key: {"spans": [{artifact, from_us, until_us, lists}], "fallbacks": [{day,
    from_us, until_us, lists, reason}], "left_out": how many stretches are not listed}}. What has
    no artifact is called by its recommender.
    """
    spans: dict[int, list[Span]] = {}
    fallbacks: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(scope):
        at = {"from_us": row["from_us"], "until_us": row["until_us"], "lists": row["lists"]}
        if row["fallback"]:
            gap = {"day": row["day"], "reason": row["fallback"], **at}
            fallbacks.setdefault(row["variant_id"], []).append(gap)
        else:
            name = row["artifact"] or row["recommender"]
            spans.setdefault(row["variant_id"], []).append(Span(artifact=name, **at))
    return {
        "variants": {
            each.key: _variant(spans.get(each.pk, []), fallbacks.get(each.pk, []))
            for each in scope.variants
        }
    }


def _rows(scope: Scope) -> list[dict[str, Any]]:
    """Return what answered on each day: as many rows as days, variants and artifacts."""
    served, values = served_lists(scope)
    rows = fetch(ANSWERED.format(served=served), values)
    return [{name: _plain(each) for name, each in zip(COLUMNS, row, strict=True)} for row in rows]


def _plain(value: Any) -> str | int:
    return value if isinstance(value, str) else int(value)


def _variant(spans: list[Span], fallbacks: list[dict[str, Any]]) -> dict[str, Any]:
    joined = merge_spans(spans)
    shown = [
        {
            "artifact": span.artifact,
            "from_us": span.from_us,
            "until_us": span.until_us,
            "lists": span.lists,
        }
        for span in joined[:MOST_SPANS]
    ]
    return {
        "spans": shown,
        "fallbacks": fallbacks[:MOST_SPANS],
        "left_out": max(0, len(joined) - MOST_SPANS),
    }


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the stretches in order of their beginning, those of one artifact in a row as one.

    >>> [each.lists for each in merge_spans([Span("a", 5, 9, 2), Span("a", 0, 4, 1)])]
    [3]
    """
    merged: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.from_us, each.artifact)):
        last = merged[-1] if merged else None
        if last is not None and last.artifact == span.artifact:
            until = max(last.until_us, span.until_us)
            merged[-1] = Span(last.artifact, last.from_us, until, last.lists + span.lists)
        else:
            merged.append(span)
    return merged
