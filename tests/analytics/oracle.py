"""Moments recomputed in plain Python, row by row, as slowly and as plainly as possible."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from analytics.queries import DAY_US, UNIT_COLUMNS, Cut, MetricQuery
from analytics.stats.moments import Moments
from experiments.models import Event, Exposure, Slate


def recompute(metric: MetricQuery, cut: Cut) -> dict[int, Moments]:
    """Return a metric's moments by variant id."""
    values: dict[int, tuple[list[int], list[int]]] = {}
    for row in Exposure.objects.filter(experiment_id=cut.experiment_id, phase=cut.phase):
        if row.is_multiple or row.traffic or row.ts_us > cut.until_us:
            continue
        ys, xs = values.setdefault(row.variant_id, ([], []))
        y = _side(metric.numerator, row, cut)
        ys.append(int(y > 0) if metric.kind == "binary" else y)
        xs.append(_side(metric.denominator, row, cut) if metric.denominator else 0)
    return {variant: Moments.from_values(ys, xs) for variant, (ys, xs) in values.items()}


def unit_sums(
    metric: MetricQuery, cut: Cut, history_days: int
) -> dict[str, tuple[int, int, int, int]]:
    """Return each unit's numerator and denominator in its window, and in the days before it."""
    out = {}
    for row in Exposure.objects.filter(experiment_id=cut.experiment_id, phase=cut.phase):
        if row.is_multiple or row.traffic:
            continue
        before = copy(row)
        before.ts_us -= history_days * DAY_US
        y, x = _sides(metric, row, cut)
        pre_y, pre_x = _sides(metric, before, replace(cut, window_days=history_days))
        is_of_slates = metric.numerator["source"] == "slates"  # of its own phase: none before
        out[row.unit_id] = (y, x, 0, 0) if is_of_slates else (y, x, pre_y, pre_x)
    return out


def _sides(metric: MetricQuery, row: Exposure, cut: Cut) -> tuple[int, int]:
    y = _side(metric.numerator, row, cut)
    return y, _side(metric.denominator, row, cut) if metric.denominator else 0


def _side(definition: Mapping[str, Any], row: Exposure, cut: Cut) -> int:
    if definition["source"] == "slates":
        rows = [slate for slate in Slate.objects.all() if _is_of(slate, row, cut)]
        return sum(each.clicked for each in rows) if "sum" in definition else len(rows)
    return _events(definition, [each for each in Event.objects.all() if _counts(each, row, cut)])


def _events(definition: Mapping[str, Any], events: list[Event]) -> int:
    own = [each for each in events if each.type == definition["type"]]
    if definition.get("count") == "order_ref":
        return len({each.order_ref for each in own})
    column = definition.get("sum")
    if column is None:
        return len(own)
    paid = sum(getattr(each, column) or 0 for each in own)
    return paid - _taken_back(definition, column, own, events)


def _taken_back(
    definition: Mapping[str, Any], column: str, own: list[Event], events: list[Event]
) -> int:
    """Return what is subtracted: refunds that name an order stand on its purchase."""
    subtract = definition.get("subtract")
    back = [each for each in events if each.type == subtract]
    if subtract != "refund":
        return sum(getattr(each, column) or 0 for each in back)
    refunds = {"amount": "refunded", "quantity": "refunded_quantity"}
    return sum(getattr(each, refunds[column]) for each in own) + sum(
        getattr(each, column) or 0 for each in back if not each.order_id
    )


def _counts(event: Event, row: Exposure, cut: Cut) -> bool:
    is_refused = event.type == "purchase" and not event.is_verified and not cut.count_unverified
    unit_type = row.unit_type if cut.fallback_unit_type else ""
    is_theirs = getattr(event, UNIT_COLUMNS[unit_type or cut.unit_type]) == row.unit_id
    is_here = event.site_id == cut.site_id and is_theirs and not event.traffic
    return is_here and _is_within(event.ts_us, row, cut) and not is_refused


def _is_of(slate: Slate, row: Exposure, cut: Cut) -> bool:
    is_here = slate.experiment_id == cut.experiment_id and slate.phase == cut.phase
    return (
        is_here
        and slate.reason == "SPLIT"
        and slate.unit_id == row.unit_id
        and _is_within(slate.ts_us, row, cut)
    )


def _is_within(ts_us: int, row: Exposure, cut: Cut) -> bool:
    return row.ts_us <= ts_us < row.ts_us + cut.window_days * DAY_US and ts_us <= cut.until_us
