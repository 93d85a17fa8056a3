"""What the set-up of an experiment asks of higher rooms: settings, live samples, metrics, plans.

Each higher room puts one desk here in its `AppConfig.ready`; without a desk the set-up goes on and
says that this part is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from experiments.models import Experiment, Placement, Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of what a variant shows, and its value where nothing else is said."""

    name: str
    default: int | float | str | bool


@dataclass(frozen=True, slots=True)
class SampleItem:
    """An item of a sample; `price` with its currency."""

    item_id: str
    title: str
    category: str
    price: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A list as one unit would get it, recorded nowhere; `note`: why it is not what was chosen."""

    items: tuple[SampleItem, ...]
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class VariantDesk:
    """What the room that serves lists knows of a variant's parameters.

    `settings`: of a recommender of a site. `artifacts`: its choices of what answers. `settle`: the
    parameters with these settings; raises ArmatureError on one that is not taken. `sample`: the
    list of so many items that parameters give a unit on a placement.
    """

    settings: Callable[[Site, str], list[Setting]]
    artifacts: Callable[[Site, str], list[tuple[str, str]]]
    settle: Callable[[Site, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    sample: Callable[[Site, Mapping[str, Any], str, int, Placement | None], Sample]


@dataclass(frozen=True, slots=True)
class MetricOption:
    """A metric that a site's experiments may use."""

    key: str
    name: str
    meaning: str
    rises_for_good: bool
    default_role: str


@dataclass(frozen=True, slots=True)
class MetricUse:
    """A metric's role in an experiment; `margin`: the fraction that a guardrail may lose."""

    key: str
    role: str
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class MetricDesk:
    """What the room that reads results knows of metrics.

    `options`: of a site. `chosen`: of an experiment, the site's defaults when it names none.
    `choose` replaces them, in the caller's transaction; raises ArmatureError on what it cannot use.
    """

    options: Callable[[Site], list[MetricOption]]
    chosen: Callable[[Experiment], list[MetricUse]]
    choose: Callable[[Experiment, Sequence[MetricUse]], None]


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """What so many weeks can show: a lift, a fraction, None where that is nothing."""

    week: int
    n_units: int
    lift: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment can show by weeks of running, from the site's own past.

    `per_day`: new units a day. `days`: until the smallest lift worth detecting is found, None
    without one. `missing`: why nothing can be planned; then the rest is empty.
    """

    metric: str = ""
    weeks: tuple[PlanWeek, ...] = ()
    per_day: float = 0.0
    days: int | None = None
    missing: str = ""


VARIANT_DESKS: list[VariantDesk] = []
METRIC_DESKS: list[MetricDesk] = []
PLANNERS: list[Callable[[Experiment], Plan]] = []


def desk_of(desks: Sequence[T]) -> T | None:
    """Return the desk that a room opened, None while no room did."""
    return desks[0] if desks else None


def open_desk(desks: list[T], desk: T) -> None:
    """Open a desk once, however often a room is set up."""
    if desk not in desks:
        desks.append(desk)
