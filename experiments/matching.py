"""How many units of the last days a condition would have let in."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from experiments.assignment.condition.matching import matches
from experiments.clock import microseconds
from experiments.models import Event, Site, Slate

DAYS = 7
MOST_ROWS = 20_000  # read of each table, newest first: the answer has to come within a second
UNIT_COLUMNS = {"visitor": "visitor_id", "account": "account_id", "session": "session_id"}


@dataclass(frozen=True, slots=True)
class Matching:
    """Different units seen, and those of them that meet the condition by what was last sent.

    `is_capped`: only the newest rows were read, the units of older ones are not in the figures.
    `attributes`: the names that the shop sent, the most frequent first.
    """

    n_units: int
    n_matching: int
    is_capped: bool
    attributes: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Return the share of units that match, in per cent; 0 where none was seen."""
        return 100 * self.n_matching / self.n_units if self.n_units else 0.0


def count_matching(
    *, site: Site, condition: Mapping[str, Any], unit_type: str, now: datetime
) -> Matching:
    """Return how many units of the last seven days at the site meet a condition.

    Each unit counts once, with the attributes that were sent of it last, of served lists and of
    events alike.
    """
    column = UNIT_COLUMNS[unit_type]
    since_us = microseconds(now - timedelta(days=DAYS))
    seen: dict[str, tuple[int, dict[str, Any]]] = {}
    counts = []
    for model in (Slate, Event):
        rows = (
            model._default_manager.filter(site=site)
            .order_by("-id")
            .values_list(column, "ts_us", "attributes")[:MOST_ROWS]
        )
        counts.append(_keep_newest(seen, rows, since_us))
    attributes = [sent for _ts, sent in seen.values()]
    return Matching(
        n_units=len(seen),
        n_matching=_n_matching(attributes, condition),
        is_capped=MOST_ROWS in counts,
        attributes=_names(attributes),
    )


def _keep_newest(
    seen: dict[str, tuple[int, dict[str, Any]]],
    rows: Iterable[tuple[str, int, dict[str, Any]]],
    since_us: int,
) -> int:
    """Keep the newest attributes of each unit; return how many rows are recent enough."""
    recent = 0
    for unit_id, ts_us, attributes in rows:
        if ts_us < since_us:
            continue
        recent += 1
        if unit_id and (unit_id not in seen or _is_newer((ts_us, attributes), seen[unit_id])):
            seen[unit_id] = (ts_us, attributes)
    return recent


def _is_newer(row: tuple[int, dict[str, Any]], kept: tuple[int, dict[str, Any]]) -> bool:
    """Prefer attributes to none, then the later ones: many events carry none."""
    return (bool(row[1]), row[0]) > (bool(kept[1]), kept[0])


def _n_matching(attributes: list[dict[str, Any]], condition: Mapping[str, Any]) -> int:
    """Return how many match; units that sent the same are judged once."""
    judged: dict[str, bool] = {}
    found = 0
    for sent in attributes:
        key = json.dumps(sent, sort_keys=True)
        if key not in judged:
            judged[key] = matches(condition, sent)
        found += judged[key]
    return found


def _names(attributes: list[dict[str, Any]]) -> tuple[str, ...]:
    frequency: dict[str, int] = {}
    for sent in attributes:
        for name in sent:
            frequency[name] = frequency.get(name, 0) + 1
    return tuple(sorted(frequency, key=lambda name: (-frequency[name], name))[:50])
