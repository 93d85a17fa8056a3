"""The units of a site's last four weeks that would have entered an experiment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.engines.database import DATABASE
from analytics.queries import DAY_US, UNIT_COLUMNS, Cut
from analytics.queries.visits import Part, Visits
from analytics.reporting.scope import cut_of
from experiments.assignment.assign import Experiments
from experiments.assignment.bulk import decide_units
from experiments.assignment.condition.matching import matches
from experiments.assignment.specs import ExperimentSpec, Reason
from experiments.errors import InvalidInput
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.snapshot import compilable, compile_experiment

DAYS = 28
LEAST_UNITS = 100  # of fewer no test says anything
# Lists that testers saw, or that are nobody's.
NOBODYS = (Reason.QA, Reason.OVERRIDE, Reason.BOT, Reason.NO_CONSENT)


class TooLittleHistory(InvalidInput):
    """So few units were seen that splitting them says nothing."""

    code = "too_little_history"


class Numbered(Visits):
    """Visits in which each unit is a variant of its own, numbered from 1 in the order of ids.

    The statement of a report then has one row for each unit.
    """

    __slots__ = ()

    def units(self, site_id: int, unit_type: str, column: str) -> Part:
        """Return the part `f` of the units; else as in `Visits`."""
        where, values = self.counted
        sql = f"""f AS (
    SELECT s.{column} AS unit_id, '{unit_type}' AS unit_type, MIN(s.ts_us) AS t0,
        ROW_NUMBER() OVER (ORDER BY s.{column}) AS variant_id
    FROM experiments_slate s
    WHERE s.site_id = %s AND s.ts_us >= %s AND s.ts_us <= %s AND s.{column} <> ''
        AND {where}
    GROUP BY s.{column}
)"""  # noqa: S608 - names from the tables of queries; every value is bound
        return sql, (site_id, self.from_us, self.last_us, *values)

    @property
    def counted(self) -> Part:
        """Return which lists `s` count, as a condition and its values."""
        placed = " AND s.placement = %s" if self.placement else ""
        reasons = ", ".join(["%s"] * len(NOBODYS))
        bound = [each.value for each in NOBODYS] + ([self.placement] if self.placement else [])
        return f"s.traffic = '' AND s.reason NOT IN ({reasons}){placed}", tuple(bound)


@dataclass(frozen=True, slots=True)
class Entered:
    """The units that would have entered, in the order of their ids.

    `rows`: the place of each among all units seen, of which there are `n_seen`. `since_us`: when
    each was served its first list.
    """

    ids: NDArray[np.str_]
    rows: NDArray[np.intp]
    since_us: NDArray[np.int64]
    n_seen: int

    def __len__(self) -> int:
        return len(self.ids)


def past_cut(experiment: Experiment, until_us: int) -> Cut:
    """Return the rows of the four weeks before a moment: each unit from its first list there on."""
    placement = experiment.placement.key if experiment.placement else ""
    visits = Numbered(placement, until_us - DAYS * DAY_US, until_us)
    return replace(cut_of(experiment, phase=experiment.phase, until_us=until_us), visits=visits)


def specs_of(experiment: Experiment) -> tuple[ExperimentSpec, Experiments]:
    """Return an experiment as if it ran with all of its traffic, and the site's by their ids."""
    rows = compilable().filter(site_id=experiment.site_id)
    specs = {row.pk: compile_experiment(row) for row in rows}
    allocation = getattr(experiment, "allocation", None)
    if allocation is None:
        raise InvalidInput(
            f"{experiment.key} has no traffic: no buckets of its layer are lent to it",
            hint="Choose its traffic first.",
        )
    spec = replace(
        specs[experiment.pk],
        status=Status.RUNNING.value,
        allocation=((allocation.start, allocation.stop),),
        is_killed=False,
        shipped="",
    )
    return spec, specs


def entered(cut: Cut, spec: ExperimentSpec, experiments: Experiments) -> Entered:
    """Return the units that the experiment's rules let in: traffic, audience, holdouts, overrides.

    Attributes are those of a unit's first list. Raises TooLittleHistory below `LEAST_UNITS`.
    """
    rows = _first_seen(cut)
    ids = np.array([row[0] for row in rows], dtype=np.str_)
    decided = decide_units(
        spec,
        ids,
        eligible=_eligible(spec, [row[2] for row in rows]),
        experiments=experiments,
    )
    chosen = np.flatnonzero(decided.in_experiment)
    if len(chosen) < LEAST_UNITS:
        raise TooLittleHistory(_too_few(cut, len(rows), len(chosen)))
    moments = np.array([row[1] for row in rows], dtype=np.int64)
    return Entered(ids[chosen], chosen, moments[chosen], len(rows))


def _too_few(cut: Cut, n_seen: int, n_entered: int) -> str:
    place = cut.visits.placement if cut.visits and cut.visits.placement else "any placement"
    return (
        f"{n_seen} {cut.unit_type}s were served a list at {place} in the last {DAYS} days, and"
        f" {n_entered} of them would enter; at least {LEAST_UNITS} have to, or a replay says"
        " nothing"
    )


def _first_seen(cut: Cut) -> Sequence[Sequence[Any]]:
    """Return id, moment and attributes of each unit's first list, in the order of `Numbered`."""
    assert isinstance(cut.visits, Numbered)
    column = UNIT_COLUMNS[cut.unit_type]
    where, bound = cut.visits.counted
    sql = f"""SELECT unit_id, ts_us, attributes FROM (
    SELECT s.{column} AS unit_id, s.ts_us, CAST(s.attributes AS VARCHAR) AS attributes,
        ROW_NUMBER() OVER (PARTITION BY s.{column} ORDER BY s.ts_us, s.id) AS nth
    FROM experiments_slate s
    WHERE s.site_id = %s AND s.ts_us >= %s AND s.ts_us <= %s AND s.{column} <> '' AND {where}
) s WHERE nth = 1 ORDER BY unit_id"""  # noqa: S608 - as above
    return DATABASE.rows(sql, (cut.site_id, cut.visits.from_us, cut.visits.last_us, *bound))


def _eligible(spec: ExperimentSpec, attributes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which units meet the audience; those that sent the same are judged once."""
    if not spec.condition:
        return np.ones(len(attributes), np.bool_)
    known = {text: matches(spec.condition, json.loads(text)) for text in set(attributes)}
    return np.array([known[text] for text in attributes], np.bool_)
