"""Each metric's sums by each attribute: from rollups where they serve, else from rows.

Attributes are read up to three at once, and added up for each of them afterwards: sums are exact.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence

from django.db import DatabaseError

from analytics.errors import AnalyticsError
from analytics.queries import Groups, compile_query, run_groups, without_history
from analytics.queries.groups import MOST_GROUPS
from analytics.reporting.measuring import uses_history
from analytics.reporting.scope import Scope
from analytics.rollups.groups import read_groups
from analytics.rollups.reading import is_readable, states_of
from analytics.selectors import ChosenMetric

log = logging.getLogger(__name__)

Place = tuple[str, str]  # a metric's key and an attribute


def sums_by_attribute(
    scope: Scope,
    metrics: Sequence[ChosenMetric],
    attributes: Sequence[str],
    caps: Mapping[str, int],
) -> dict[Place, Groups]:
    """Return the groups of each metric and attribute, of one value each; what fails is left out.

    With the time before exposure where a metric uses it, and under its cap.
    """
    kept = _kept(scope)
    rolled = [each for each in metrics if each.metric.pk in kept]
    found: dict[Place, Groups] = {}
    for by in _parts(attributes):
        read: dict[str, Groups] = {}
        for chosen in rolled:
            read |= _tried(scope, [chosen], by, caps, is_rolled=True)
        left = [each for each in metrics if each.metric.key not in read]
        read |= _tried(scope, left, by, caps, is_rolled=False)
        for key, groups in read.items():
            found |= {(key, name): _of_one(groups, place) for place, name in enumerate(by)}
    return found


def _kept(scope: Scope) -> set[int]:
    """Return the metrics (ids) whose rollups may be read."""
    if not scope.reads_rollups:
        return set()
    states = states_of(scope.experiment, scope.phase)
    return {pk for pk, state in states.items() if is_readable(state)}


def _parts(attributes: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(attributes), MOST_GROUPS):
        yield attributes[start : start + MOST_GROUPS]


def _tried(
    scope: Scope,
    metrics: Sequence[ChosenMetric],
    by: Sequence[str],
    caps: Mapping[str, int],
    *,
    is_rolled: bool,
) -> dict[str, Groups]:
    try:
        return (_from_rollups if is_rolled else _from_rows)(scope, metrics, by, caps)
    except (AnalyticsError, DatabaseError) as error:
        log.warning("no segments attributes=%s: %s", ",".join(by), error)
        return {}


def _from_rollups(
    scope: Scope, metrics: Sequence[ChosenMetric], by: Sequence[str], caps: Mapping[str, int]
) -> dict[str, Groups]:
    return {
        each.metric.key: read_groups(
            each.metric.pk,
            each.query,
            scope.cut,
            by,
            caps,
            with_history=uses_history(scope, each),
        )
        for each in metrics
    }


def _from_rows(
    scope: Scope, metrics: Sequence[ChosenMetric], by: Sequence[str], caps: Mapping[str, int]
) -> dict[str, Groups]:
    if not metrics:
        return {}
    past = {each.metric.key for each in metrics if uses_history(scope, each)}
    queries = [each.query for each in metrics]
    found = run_groups(compile_query(queries, scope.cut, by, caps, with_history=bool(past)))
    return {key: groups if key in past else _since(groups) for key, groups in found.items()}


def _since(groups: Groups) -> Groups:
    return {
        group: {variant: without_history(sample) for variant, sample in samples.items()}
        for group, samples in groups.items()
    }


def _of_one(groups: Groups, place: int) -> Groups:
    """Return the groups by one of their names, added up over the others."""
    found: Groups = {}
    for group, samples in groups.items():
        own = found.setdefault((group[place],), {})
        for variant, sample in samples.items():
            own[variant] = own[variant] + sample if variant in own else sample
    return found
