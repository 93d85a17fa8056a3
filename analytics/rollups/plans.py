"""What is rolled up in one phase of one experiment, and the rules that its sums follow."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from analytics.models import Metric, RollupState
from analytics.queries import Cut, MetricQuery, event_types
from analytics.queries.few import EVER_US
from analytics.reporting.scope import cut_of
from analytics.selectors import query_of
from experiments.models import Experiment

__all__ = ["Plan", "follows_rules", "plans_of", "query_of", "rules_of"]

# Raise it when the per-unit SQL comes to count something else: all rollups are then made anew.
SUMS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The states of one phase of one experiment with what their sums need."""

    experiment: Experiment
    phase: int
    states: tuple[RollupState, ...]

    @property
    def metrics(self) -> list[MetricQuery]:
        """Return what the compiler needs of each metric, in the order of the states."""
        return [query_of(state.metric) for state in self.states]

    @property
    def types(self) -> list[str]:
        """Return the event types that any of the metrics reads."""
        return event_types(self.metrics)

    @property
    def is_current(self) -> bool:
        """Tell whether every unit's stored sums say what its rows said before this pass."""
        return all(state.status == state.Status.CURRENT for state in self.states)

    @property
    def unit_types(self) -> list[str]:
        """Return the types of id that the units have."""
        types = (self.experiment.unit_type, self.experiment.fallback_unit_type)
        return [each for each in types if each]

    @property
    def cut(self) -> Cut:
        """Return which rows are looked at: all that was ever applied."""
        return cut_of(self.experiment, phase=self.phase, until_us=EVER_US)


def plans_of(states: Iterable[RollupState]) -> list[Plan]:
    """Return the states by experiment and phase; their metrics and sites are at hand."""

    def key(state: RollupState) -> tuple[int, int]:
        return state.experiment_id, state.phase

    ordered = sorted(states, key=lambda state: (*key(state), state.metric_id))
    return [_plan(list(group)) for _key, group in groupby(ordered, key)]


def _plan(states: Sequence[RollupState]) -> Plan:
    return Plan(states[0].experiment, states[0].phase, tuple(states))


def rules_of(experiment: Experiment, metric: Metric) -> str:
    """Return a hash of all that a unit's sums depend on beside the rows."""
    values = [
        SUMS_VERSION,
        experiment.unit_type,
        experiment.fallback_unit_type,
        experiment.window_days,
        experiment.site.count_unverified,
        metric.kind,
        metric.numerator,
        metric.denominator,
    ]
    if metric.window_days or metric.delay_days:
        values += [metric.window_days, metric.delay_days]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def follows_rules(state: RollupState) -> bool:
    """Tell whether the state's sums follow the rules as they are now."""
    return state.rules == rules_of(state.experiment, state.metric)
