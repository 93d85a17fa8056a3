"""One experiment's decisions for many units at once, bit-identical to `decide_experiment`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.assignment.assign import MAX_PREREQUISITES, Experiments, not_open, shipped_variant
from experiments.assignment.columns import draw_all
from experiments.assignment.condition.matching import matches
from experiments.assignment.hashing import BUCKETS, bucket_of
from experiments.assignment.layers import Range
from experiments.assignment.specs import ExperimentSpec, Reason
from experiments.assignment.texts import Ids, Texts, texts_of
from experiments.errors import InvalidInput

REASONS = tuple(Reason)
NO_VARIANT = -1
ABSENT = object()  # in a column of attributes: this unit does not have the attribute at all
CODES = {reason: code for code, reason in enumerate(REASONS)}

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Decisions:
    """One row for each unit: `reasons` are places in REASONS, `variants` in the experiment's.

    A variant is NO_VARIANT where there is none; both arrays have the shape (n_units,).
    """

    reasons: NDArray[np.uint8]
    variants: NDArray[np.int16]

    @property
    def in_experiment(self) -> Mask:
        """Return which units count as units of the experiment."""
        return self.reasons == CODES[Reason.SPLIT]


@dataclass(frozen=True, slots=True)
class Units:
    """Many units by column; all are known by one type of id."""

    ids: Texts
    unit_type: str
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    compiled: bool | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def known_to(self, experiment: ExperimentSpec) -> Texts:
        """Return the ids that the experiment hashes: none where it knows units by another type."""
        if self.unit_type in (experiment.unit_type, experiment.fallback_unit_type):
            return self.ids
        nowhere = np.zeros(len(self), np.int64)
        return Texts(self.ids.points, nowhere, nowhere)

    def rows(self, wanted: NDArray[np.intp]) -> Iterator[dict[str, Any]]:
        """Yield the attributes of some units."""
        for row in wanted.tolist():
            values = ((name, column[row]) for name, column in self.attributes.items())
            yield {name: value for name, value in values if value is not ABSENT}


def decide_units(
    experiment: ExperimentSpec,
    unit_ids: Ids,
    *,
    attributes: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    eligible: Mask | None = None,
    experiments: Experiments | None = None,
    unit_type: str = "",
    compiled: bool | None = None,
) -> Decisions:
    """Return what `decide_experiment` says of each unit, its id and attributes being all there is.

    `unit_ids`: texts, "" where a unit has none, of `unit_type` (the experiment's own unless given).
    `attributes`: columns of the length of `unit_ids`; None in them is null, ABSENT is missing.
    `eligible`: which units meet the condition, instead of asking it. `experiments`: those of the
    site by id, for prerequisites. `compiled`: as in `columns.buckets_of`. Raises InvalidInput on
    ids that are no texts and on columns of another length.
    """
    ids = texts_of(unit_ids)
    columns = {
        name: column.tolist() if isinstance(column, np.ndarray) else column
        for name, column in (attributes or {}).items()
    }
    _check_lengths(len(ids), {**columns, **({} if eligible is None else {"eligible": eligible})})
    units = Units(ids, unit_type or experiment.unit_type, columns, compiled)
    return _decide(experiment, units, eligible, experiments or {}, MAX_PREREQUISITES)


def _check_lengths(n_units: int, columns: Mapping[str, Any]) -> None:
    for name, column in columns.items():
        if len(column) != n_units:
            raise InvalidInput(
                f"column {name!r} has {len(column)} rows for {n_units} unit ids", field=name
            )


def _decide(
    experiment: ExperimentSpec,
    units: Units,
    eligible: Mask | None,
    experiments: Experiments,
    depth: int,
) -> Decisions:
    if (shipped := shipped_variant(experiment)) is not None:
        return _alike(len(units), Reason.ENDED, experiment.variants.index(shipped))
    if (refusal := not_open(experiment, is_qa=False)) is not None:
        return _alike(len(units), refusal, NO_VARIANT)
    ids = units.known_to(experiment)
    seeds = [each.seed for each in experiment.holdouts]
    layer, split, *held = draw_all(
        ids, [experiment.layer_seed, experiment.seed, *seeds], compiled=units.compiled
    )
    answer = _alike(len(units), Reason.SPLIT, NO_VARIANT)
    outside = ~_marked(experiment.allocation)[layer]
    # From the last rule to the first: what is decided earlier overwrites what would follow.
    _refuse(answer, Reason.PREREQUISITE, ~_meets(experiment, units, experiments, depth))
    for holdout, buckets in zip(experiment.holdouts, held, strict=True):
        _refuse(answer, Reason.HOLDOUT, _marked([holdout.range])[buckets])
    _refuse(answer, Reason.NOT_ELIGIBLE, ~_eligible(experiment, units, eligible, ~outside))
    if experiment.status == "paused":
        answer.reasons[:] = CODES[Reason.PAUSED]
    _refuse(answer, Reason.NOT_IN_LAYER, outside)
    variants = _variant_at(experiment)[split]
    np.copyto(answer.variants, variants, where=answer.in_experiment)
    _override(answer, experiment, ids, layer)
    _refuse(answer, Reason.NO_UNIT, ids.is_empty)
    answer.variants[ids.is_empty] = NO_VARIANT
    return answer


def _alike(count: int, reason: Reason, variant: int) -> Decisions:
    """Return one decision for everybody."""
    return Decisions(np.full(count, CODES[reason], np.uint8), np.full(count, variant, np.int16))


def _refuse(answer: Decisions, reason: Reason, where: Mask) -> None:
    np.copyto(answer.reasons, np.uint8(CODES[reason]), where=where)


def _marked(ranges: Sequence[Range]) -> Mask:
    """Return for each bucket whether one of the ranges holds it."""
    marked = np.zeros(BUCKETS, np.bool_)
    for start, stop in ranges:
        marked[start:stop] = True
    return marked


def _variant_at(experiment: ExperimentSpec) -> NDArray[np.int16]:
    """Return the place of the variant that each bucket picks."""
    widths = np.diff(experiment.stops, prepend=0)
    return np.repeat(np.arange(len(widths), dtype=np.int16), widths)


def _eligible(
    experiment: ExperimentSpec, units: Units, given: Mask | None, concerned: Mask
) -> Mask:
    """Return which of the units concerned meet the condition; the others are not looked at."""
    if given is not None:
        return np.asarray(given, np.bool_)
    out = np.ones(len(units), np.bool_)
    if experiment.condition:
        rows = np.flatnonzero(concerned)
        out[rows] = [matches(experiment.condition, row) for row in units.rows(rows)]
    return out


def _meets(experiment: ExperimentSpec, units: Units, experiments: Experiments, depth: int) -> Mask:
    """Return which units are in the variants of the experiments that this one builds on."""
    out = np.ones(len(units), np.bool_)
    for needed in experiment.prerequisites:
        required = experiments.get(needed.experiment_id)
        if required is None or depth == 0:
            return np.zeros(len(units), np.bool_)
        found = _decide(required, units, None, experiments, depth - 1).variants
        places = [i for i, v in enumerate(required.variants) if v.key in needed.variants]
        out &= np.isin(found, places)
    return out


def _override(
    answer: Decisions, experiment: ExperimentSpec, ids: Texts, layer: NDArray[np.uint16]
) -> None:
    """Force the listed units; only ids in the buckets of listed ones are compared as texts."""
    if experiment.status == "paused" or not experiment.overrides:
        return
    places = {variant.key: place for place, variant in enumerate(experiment.variants)}
    seen = np.zeros(BUCKETS, np.bool_)
    seen[[bucket_of(unit_id, seed=experiment.layer_seed) for unit_id in experiment.overrides]] = (
        True
    )
    for row in np.flatnonzero(seen[layer]).tolist():
        place = places.get(experiment.overrides.get(ids[row], ""))
        if place is not None:
            answer.reasons[row], answer.variants[row] = CODES[Reason.OVERRIDE], place
