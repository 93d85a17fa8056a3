"""Every kind of metric recomputed in plain Python, unit by unit, from the rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.queries import DAY_US, UNIT_COLUMNS, Cut, MetricQuery
from analytics.stats.exact_samples import ExactSample
from analytics.stats.value_counts import ValueCounts
from experiments.models import Event, Exposure, Slate

HISTORY_US = 28 * DAY_US
ALIASES = {"position": "rank", "price": "amount", "category": "properties.category"}


@dataclass(frozen=True)
class Unit:
    """A unit that counts, with its rows: all its events, and its lists of the phase."""

    exposure: Exposure
    events: Sequence[Event]
    slates: Sequence[Slate]

    def window(self, metric: MetricQuery, cut: Cut) -> tuple[int, int]:
        start, days = metric.span
        t0 = self.exposure.ts_us
        length = cut.window_days if days is None else days
        return t0 + start * DAY_US, t0 + (start + length) * DAY_US


def units_of(cut: Cut) -> list[Unit]:
    events, slates = list(Event.objects.all()), list(Slate.objects.all())
    exposures = Exposure.objects.filter(experiment_id=cut.experiment_id, phase=cut.phase)
    return [
        Unit(
            row,
            [each for each in events if _is_theirs(each, row, cut)],
            [each for each in slates if _is_shown(each, row, cut)],
        )
        for row in exposures
        if not row.is_multiple and not row.traffic and row.ts_us <= cut.until_us
    ]


def _is_theirs(event: Event, row: Exposure, cut: Cut) -> bool:
    is_refused = event.type == "purchase" and not event.is_verified and not cut.count_unverified
    is_unit = getattr(event, UNIT_COLUMNS[cut.unit_type]) == row.unit_id
    is_here = event.site_id == cut.site_id and is_unit and not event.traffic
    return is_here and not is_refused and event.ts_us <= cut.until_us


def _is_shown(slate: Slate, row: Exposure, cut: Cut) -> bool:
    is_here = slate.experiment_id == cut.experiment_id and slate.phase == cut.phase
    is_theirs = slate.reason == "SPLIT" and slate.unit_id == row.unit_id
    return is_here and is_theirs and row.ts_us <= slate.ts_us <= cut.until_us


def sample_of(
    metric: MetricQuery,
    cut: Cut,
    units: Iterable[Unit],
    *,
    cap: int | None = None,
    with_history: bool = False,
) -> ExactSample:
    """Return the exact sums of these units."""
    columns: dict[str, list[int]] = {}
    for unit in units:
        if metric.day is not None and not _is_mature(unit, metric.day, cut):
            continue
        low, high = unit.window(metric, cut)
        found = _sides(metric, unit, low, high, cap, ("y", "x"))
        if with_history:
            t0 = unit.exposure.ts_us
            before = Unit(unit.exposure, unit.events, [])
            found |= _sides(metric, before, t0 - HISTORY_US, t0, cap, ("w", "v"))
        for name, value in found.items():
            columns.setdefault(name, []).append(value)
    return ExactSample.from_columns(columns)


def _is_mature(unit: Unit, day: int, cut: Cut) -> bool:
    return unit.exposure.ts_us + (day + 1) * DAY_US <= cut.until_us


def _sides(
    metric: MetricQuery, unit: Unit, low: int, high: int, cap: int | None, names: tuple[str, str]
) -> dict[str, int]:
    y = _value(metric.numerator, unit, low, high)
    if metric.kind in ("binary", "retention"):
        y = int(y > 0)
    y = y if cap is None else min(y, cap)
    if metric.kind != "ratio":
        return {names[0]: y}
    assert metric.denominator
    return {names[0]: y, names[1]: _value(metric.denominator, unit, low, high)}


def _value(definition: Mapping[str, Any], unit: Unit, low: int, high: int) -> int:
    events = [each for each in unit.events if low <= each.ts_us < high]
    slates = [each for each in unit.slates if low <= each.ts_us < high]
    if "steps" in definition:
        return _completed(definition["steps"], events)
    return _VALUES[definition["source"]](definition, events, slates)


def _completed(steps: Sequence[Mapping[str, Any]], events: Sequence[Event]) -> int:
    reached = 0
    for step in steps:
        taken = [
            each.ts_us
            for each in events
            if each.type == step["type"] and each.ts_us >= reached and _meets(step, each)
        ]
        if not taken:
            return 0
        reached = min(taken)
    return 1


def _of_events(definition: Mapping[str, Any], events: Sequence[Event], _slates: object) -> int:
    met = [each for each in events if _meets(definition, each)]
    own = [each for each in met if each.type == definition["type"]]
    column = definition.get("sum")
    if definition.get("count") == "order_ref":
        return len({each.order_ref for each in own})
    if column is None:
        return len(own)
    paid = sum(getattr(each, column) or 0 for each in own)
    if definition.get("subtract") == "refund":
        taken = {"amount": "refunded", "quantity": "refunded_quantity"}[column]
        paid -= sum(getattr(each, taken) for each in own)
        alone = [each for each in met if each.type == "refund" and not each.order_id]
        paid -= sum(getattr(each, column) or 0 for each in alone)
    return paid


def _of_slates(definition: Mapping[str, Any], _events: object, slates: Sequence[Slate]) -> int:
    met = [each for each in slates if _meets(definition, each)]
    column = definition.get("sum")
    return sum(getattr(each, column) or 0 for each in met) if column else len(met)


def _of_sessions(definition: Mapping[str, Any], events: Sequence[Event], _slates: object) -> int:
    acts: dict[str, int] = {}
    for each in events:
        if each.session_id and each.type in definition["types"]:
            acts[each.session_id] = acts.get(each.session_id, 0) + 1
    return sum(n == 1 for n in acts.values()) if definition.get("bounced") else len(acts)


def _attributed(_definition: object, events: Sequence[Event], _slates: object) -> int:
    clicked: dict[str, int] = {}
    for each in events:
        if each.type == "select_item" and each.request_id and each.item_id:
            clicked[each.item_id] = min(each.ts_us, clicked.get(each.item_id, each.ts_us))
    return sum(
        (line.get("price") or 0) * line.get("quantity", 1)
        for each in events
        if each.type == "purchase"
        for line in each.items
        if str(line["item_id"]) in clicked and clicked[str(line["item_id"])] <= each.ts_us
    )


_VALUES: dict[str, Callable[..., int]] = {
    "events": _of_events,
    "slates": _of_slates,
    "sessions": _of_sessions,
    "attributed": _attributed,
}


def _meets(definition: Mapping[str, Any], row: Event | Slate) -> bool:
    where: Mapping[str, Any] = definition.get("where", {})
    return all(_is_as(_read(row, ALIASES.get(name, name)), asked) for name, asked in where.items())


def _read(row: Event | Slate, name: str) -> Any:
    bag, _, key = name.partition(".")
    if key:
        return getattr(row, bag).get(key)
    if name == "placement" and isinstance(row, Event):
        if row.request_id is None:
            return None
        found = Slate.objects.filter(site_id=row.site_id, request_id=row.request_id).first()
        return found.placement if found else None
    return getattr(row, name)


def _is_as(value: Any, asked: Any) -> bool:
    if value is None:
        return False
    if isinstance(asked, list):
        return value in asked
    if not isinstance(asked, Mapping):
        return bool(value == asked)
    compared = {
        "lte": lambda limit: value <= limit,
        "gte": lambda limit: value >= limit,
        "lt": lambda limit: value < limit,
        "gt": lambda limit: value > limit,
        "ne": lambda other: value != other,
        "in": lambda choices: value in choices,
        "not_in": lambda choices: value not in choices,
    }
    return all(compared[operator](limit) for operator, limit in asked.items())


def single_values(metric: MetricQuery, cut: Cut, units: Iterable[Unit]) -> ValueCounts:
    """Return the single values that a quantile looks at."""
    definition, found = metric.numerator, []
    for unit in units:
        low, high = unit.window(metric, cut)
        is_of_slates = definition["source"] == "slates"
        rows: Iterable[Any] = unit.slates if is_of_slates else unit.events
        for row in rows:
            is_met = (is_of_slates or row.type == definition["type"]) and _meets(definition, row)
            value = getattr(row, definition["value"])
            if low <= row.ts_us < high and is_met and value is not None:
                found.append(value // 100 * 100 if is_of_slates else value)
    return ValueCounts.from_values(found)
