"""From a statement's rows to the columns of a frame."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analytics.engines.batches import Rows
from analytics.exports.plan import FrameMetric, FramePlan
from analytics.exports.sums import FrameSums, Ints
from analytics.queries.groups import group_of
from analytics.queries.per_unit import COUNTED
from experiments.subjects.hashing import hashed_id

OWN = [
    pa.field("unit", pa.string(), nullable=False),
    pa.field("variant", pa.dictionary(pa.int8(), pa.string()), nullable=False),
    pa.field("first_exposure_us", pa.int64(), nullable=False),
]

Columns = Sequence[NDArray[Any]]


def attribute_column(name: str) -> str:
    """Return the name of an attribute's column."""
    return f"a:{name}"


def schema_of(plan: FramePlan) -> pa.Schema:
    """Return the columns of a frame, without what it says of itself."""
    known = [pa.field(attribute_column(name), pa.string()) for name in plan.attributes]
    columns = [pa.field(each.column(s), pa.int64()) for each in plan.metrics for s in each.sides]
    return pa.schema([*OWN, *known, *columns])


class FrameRows:
    """Turns rows into batches of a frame, and adds up what is in them.

    `places`: as `UnitsQuery` has them.
    """

    def __init__(
        self,
        plan: FramePlan,
        places: Mapping[str, Mapping[str, int]],
        sums: FrameSums,
        *,
        names_ids: bool,
    ) -> None:
        """Read rows of this statement."""
        self.plan, self.places, self.sums = plan, places, sums
        self.names_ids = names_ids
        self.schema = schema_of(plan)
        self.codes = {variant.pk: code for code, variant in enumerate(plan.variants)}

    def batch(self, rows: Rows) -> pa.RecordBatch:
        """Return one or more rows as a batch."""
        variant_ids, units, since, *more = zip(*rows, strict=True)
        known, sides = more[: len(self.plan.attributes)], more[len(self.plan.attributes) :]
        columns = [np.array(each, dtype=np.int64) for each in (variant_ids, since, *sides)]
        arrays = [self._units(units), self._variants(variant_ids), pa.array(columns[1])]
        arrays += self._attributes(known)
        for each in self.plan.metrics:
            arrays += self._metric(each, columns)
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _units(self, units: Sequence[str]) -> pa.Array:
        site = self.plan.experiment.site_id
        shown = units if self.names_ids else [hashed_id(site, unit) for unit in units]
        return pa.array(shown, pa.string())

    def _variants(self, variant_ids: Sequence[int]) -> pa.Array:
        codes = pa.array([self.codes[each] for each in variant_ids], pa.int8())
        keys = pa.array([variant.key for variant in self.plan.variants], pa.string())
        return pa.DictionaryArray.from_arrays(codes, keys)

    def _attributes(self, known: Sequence[Sequence[str]]) -> list[pa.Array]:
        """Return each attribute as the report writes it, null where a unit has none."""
        found = []
        for name, texts in zip(self.plan.attributes, known, strict=True):
            said = {text: group_of([name], [text])[0] or None for text in set(texts)}
            found.append(pa.array([said[text] for text in texts], pa.string()))
        return found

    def _metric(self, each: FrameMetric, columns: Columns) -> list[pa.Array]:
        """Return a metric's columns, null where a unit does not count in it."""
        counts = self._side(each, COUNTED, columns) != 0
        counts &= ~np.isin(columns[0], each.silent)
        sides = {side: self._side(each, side, columns) for side in each.sides}
        for variant in self.plan.variants:
            own = counts & (columns[0] == variant.pk)
            self.sums.add(each, variant.key, {side: all_[own] for side, all_ in sides.items()})
        return [pa.array(values, mask=~counts) for values in sides.values()]

    def _side(self, each: FrameMetric, side: str, columns: Columns) -> Ints:
        """Return a side of every unit; each variant's own where their queries differ."""
        out = np.ones(len(columns[0]), dtype=np.int64)
        for variant_id, query in each.queries.items():
            place = self.places[query.key].get(side)
            if place is not None:
                # Names and attributes are no numbers: what follows them stands earlier here.
                own = columns[place - 1 - len(self.plan.attributes)]
                np.copyto(out, own, where=columns[0] == variant_id)
        return out
