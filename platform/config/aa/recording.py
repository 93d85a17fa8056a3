"""What a sample of an experiment's past units did, as documents of the interface."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from analytics.queries import DAY_US, HISTORY_DAYS, UNIT_COLUMNS
from analytics.replay.history import NOBODYS
from analytics.replay.running import Prepared
from analytics.replay.splitting import seed_of
from config.replay.documents import Document, event_of
from config.replay.visits import Deed
from experiments.clock import EPOCH, MICROSECOND
from experiments.drain.claims import is_claim
from experiments.errors import InvalidInput
from experiments.models import Event, Slate

MOST_ACTS = 500  # lists and events of the sample; each split sends all of them
KEY = "aa-replay"
CHUNK = 100  # units that are looked up at once

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of the units that entered, by their places, and what they did in the order of time."""

    places: list[int]
    steps: list[Step]


def record(prepared: Prepared, *, seed: int, most: int = MOST_ACTS) -> Sample:
    """Return as many units, taken at random, as did at most so much; at least one.

    A step is a list that was asked for or an event, in the shape of the interface, with its moment.
    """
    order = np.random.default_rng(seed).permutation(len(prepared.units))
    places: list[int] = []
    steps: list[Step] = []
    for start in range(0, len(order), CHUNK):
        for place, acts in _acts(prepared, order[start : start + CHUNK].tolist()):
            if places and len(steps) + len(acts) > most:
                return _sorted(places, steps)
            places.append(place)
            steps += acts
    return _sorted(places, steps)


def _sorted(places: list[int], steps: list[Step]) -> Sample:
    return Sample(sorted(places), sorted(steps, key=lambda step: (step["ts_us"], step["order"])))


def _acts(prepared: Prepared, places: Sequence[int]) -> Iterator[tuple[int, list[Step]]]:
    """Yield each unit's place with its lists and events, those of four weeks before included."""
    ids = {str(prepared.units.ids[place]): place for place in places}
    acts: dict[int, list[Step]] = {place: [] for place in places}
    for slate in _slates(prepared, list(ids)):
        place = ids[getattr(slate, _column(prepared))]
        acts[place].append(_list_step(slate))
    for event in _events(prepared, list(ids)):
        place = ids[getattr(event, _column(prepared))]
        since = int(prepared.units.since_us[place]) - HISTORY_DAYS * DAY_US
        if event.ts_us >= since and not is_claim(event):
            acts[place].append(_event_step(prepared, event))
    yield from acts.items()


def _column(prepared: Prepared) -> str:
    return UNIT_COLUMNS[prepared.scope.experiment.unit_type]


def _slates(prepared: Prepared, ids: list[str]) -> Sequence[Slate]:
    experiment = prepared.scope.experiment
    rows = Slate.objects.filter(
        site_id=experiment.site_id,
        ts_us__gte=prepared.from_us,
        ts_us__lte=prepared.scope.until_us,
        traffic="",
        placement=experiment.placement.key if experiment.placement else "",
        **{f"{_column(prepared)}__among": ids},
    )
    return list(rows.exclude(reason__in=[each.value for each in NOBODYS]))


def _events(prepared: Prepared, ids: list[str]) -> Sequence[Event]:
    site = prepared.scope.experiment.site
    rows = Event.objects.filter(
        site=site,
        ts_us__gte=prepared.from_us - HISTORY_DAYS * DAY_US,
        ts_us__lte=prepared.scope.until_us,
        traffic="",
        **{f"{_column(prepared)}__among": ids},
    )
    if not site.count_unverified:
        rows = rows.exclude(type="purchase", is_verified=False)
    return list(rows)


def _list_step(slate: Slate) -> Step:
    ids = {"visitor_id": slate.visitor_id, "account_id": slate.account_id}
    body: Document = {
        "unit": {name: value for name, value in ids.items() if value},
        "placement": slate.placement,
        "context": {"now": slate.served_at.isoformat()},
    }
    if slate.session_id:
        body["session_id"] = slate.session_id
    return {
        "ts_us": slate.ts_us,
        "order": 0,
        "list": body,
        "request_id": str(slate.request_id),
    }


def _event_step(prepared: Prepared, event: Event) -> Step:
    deed = Deed(
        event_id=event.event_id,
        type=event.type,
        at=event.occurred_at,
        visitor_id=event.visitor_id,
        account_id=event.account_id,
        session_id=event.session_id,
        item_id=event.item_id,
        items=event.items,
        quantity=event.quantity,
        amount=event.amount,
        order_id=event.order_id,
        attributes=event.attributes,
        properties=event.properties,
    )
    body = event_of(deed, currency=prepared.scope.experiment.site.currency)
    if event.request_id is not None:
        body["request_id"] = str(event.request_id)
    if event.rank is not None:
        body["rank"] = event.rank
    return {"ts_us": event.ts_us, "order": 1, "event": body}


def assignment(prepared: Prepared, sample: Sample, *, splits: int, seed: int) -> dict[str, Any]:
    """Return everything that an installation apart needs to play the splits, as plain JSON.

    Raises InvalidInput for an experiment without a placement: nobody asks a list of it.
    """
    scope, experiment = prepared.scope, prepared.scope.experiment
    if experiment.placement is None:
        raise InvalidInput(
            f"{experiment.key} has no placement, so no list can be asked for it over HTTP",
            hint="Leave --http out, or set it to 0.",
        )
    return {
        "site": {"currency": experiment.site.currency, "timezone": experiment.site.timezone},
        "placement": experiment.placement.key,
        "layer_seed": prepared.hashed.spec.layer_seed,
        "buckets": list(prepared.hashed.spec.allocation[0]),
        "seeds": [seed_of(experiment.key, seed, number) for number in range(splits)],
        "experiment": _experiment(prepared),
        "variants": [
            {"key": v.key, "name": v.name, "weight": v.weight, "is_control": v.is_control}
            for v in scope.variants
        ],
        "metrics": [_metric(prepared, each.metric.key) for each in scope.metrics],
        "choices": {**scope.choices.to_dict(), "basis": "served"},
        "until": _iso(EPOCH + scope.until_us * MICROSECOND),
        "steps": sample.steps,
    }


def _experiment(prepared: Prepared) -> dict[str, Any]:
    row = prepared.scope.experiment
    fields = ("unit_type", "window_days", "monitoring", "planned_days", "planned_units", "mde")
    return {"key": KEY, "name": row.name, **{name: getattr(row, name) for name in fields}}


METRIC_FIELDS = (
    "key", "name", "kind", "numerator", "denominator", "direction", "format", "window_days",
    "delay_days", "winsor", "uses_cuped", "min_units",
)  # fmt: skip


def _metric(prepared: Prepared, key: str) -> dict[str, Any]:
    chosen = next(each for each in prepared.scope.metrics if each.metric.key == key)
    return {
        "fields": {name: getattr(chosen.metric, name) for name in METRIC_FIELDS},
        "role": chosen.role,
        "margin": chosen.margin,
        "cap": prepared.values.caps.get(key),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()
