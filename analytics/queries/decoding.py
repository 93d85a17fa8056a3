"""From a statement's rows to exact sums: by metric, by group, by variant."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

from analytics.queries.columns import Columns
from analytics.queries.groups import Group, group_of
from analytics.queries.sums import exact_sums
from analytics.queries.terms import MetricQuery
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments

NOW = ("y", "x")  # the columns of the metric's window

Groups = dict[Group, dict[int, ExactSample]]
Place = tuple[Group, int]  # group and variant id
Totals = dict[Place, list[int]]


def samples_of(
    metrics: Sequence[MetricQuery],
    columns: Sequence[Columns],
    by: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    is_daily: bool,
) -> dict[str, Groups]:
    """Return each metric's sums; rows that come to the same group are added up."""
    totals = _totals(by, rows, is_daily=is_daily)
    if is_daily:
        totals = _running(totals)
    return {metric.key: _samples(own, totals) for metric, own in zip(metrics, columns, strict=True)}


def _totals(by: Sequence[str], rows: Iterable[Sequence[Any]], *, is_daily: bool) -> Totals:
    totals: Totals = {}
    last = 1 + len(by)
    for row in rows:
        group = group_of(by, row[1:last])
        if is_daily:
            group = (*group, str(row[last]))
        numbers = exact_sums(row[last + is_daily :])
        place = (group, int(row[0]))
        before = totals.get(place)
        totals[place] = [a + b for a, b in zip(before, numbers, strict=True)] if before else numbers
    return totals


def _running(totals: Totals) -> Totals:
    """Return the sums of each day with those of all days before it, of every variant and day."""
    days = sorted({group[-1] for group, _variant in totals})
    out: Totals = {}
    for group, variant in sorted({(group[:-1], variant) for group, variant in totals}):
        known: list[int] = []
        for day in days:
            added = totals.get(((*group, day), variant))
            if added is not None:
                known = [a + b for a, b in zip(known, added, strict=True)] if known else added
            if known:
                out[(*group, day), variant] = known
    return out


def _samples(columns: Columns, totals: Totals) -> Groups:
    out: Groups = {}
    for (group, variant), numbers in totals.items():
        sample = sample_of(columns, numbers)
        if sample.n:
            out.setdefault(group, {})[variant] = sample
    return out


def sample_of(columns: Columns, numbers: Sequence[int]) -> ExactSample:
    """Return one metric's sums; the first number is that of the units."""
    n, sums = numbers[0], numbers[1:]
    return ExactSample(
        n=n if columns.n is None else sums[columns.n],
        names=columns.names,
        sums=tuple(sums[place] for place in columns.sums),
        products=tuple(
            sum(weight * sums[place] for weight, place in parts) for parts in columns.products
        ),
    )


def pooled(groups: Groups, *, is_daily: bool) -> dict[int, Moments]:
    """Return the moments of all groups together; of days, those by the end of the last."""
    if is_daily and groups:
        last = max(group[-1] for group in groups)
        groups = {group: found for group, found in groups.items() if group[-1] == last}
    out: dict[int, Moments] = {}
    for found in groups.values():
        for variant, sample in found.items():
            moments = moments_of(sample)
            out[variant] = out[variant] + moments if variant in out else moments
    return out


def moments_of(sample: ExactSample) -> Moments:
    """Return the sums of y and, where there is one, of x; those of the time before are left out."""
    pairs = _pairs(sample)
    zero = {"y": 0, "x": 0} | dict(zip(sample.names, sample.sums, strict=True))
    return Moments(
        n=sample.n,
        sum_y=zero["y"],
        sum_yy=pairs["y", "y"],
        sum_x=zero["x"],
        sum_xx=pairs.get(("x", "x"), 0),
        sum_xy=pairs.get(("y", "x"), 0),
    )


def without_history(sample: ExactSample) -> ExactSample:
    """Return the sums of y and x alone: those of a metric that makes no use of the time before.

    >>> one = ExactSample(1, ("y", "w"), (2, 3), (4, 6, 9))
    >>> without_history(one) == ExactSample(1, ("y",), (2,), (4,))
    True
    """
    names = tuple(name for name in sample.names if name in NOW)
    pairs = _pairs(sample)
    return ExactSample(
        n=sample.n,
        names=names,
        sums=tuple(sample.sums[sample.names.index(name)] for name in names),
        products=tuple(pairs[pair] for pair in combinations_with_replacement(names, 2)),
    )


def _pairs(sample: ExactSample) -> Mapping[tuple[str, str], int]:
    names = sample.names
    keys = [(a, b) for i, a in enumerate(names) for b in names[i:]]
    return dict(zip(keys, sample.products, strict=True))
