"""The per-unit frame of an analysis: one row per unit that it counted, as an Arrow file."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from analytics import selectors
from analytics.engines.batches import batches
from analytics.engines.choosing import engine_over
from analytics.exports.about import about, with_about
from analytics.exports.plan import FramePlan, plan_of
from analytics.exports.rows import FrameRows, schema_of
from analytics.exports.sums import FrameSums
from analytics.models import Analysis
from analytics.queries.per_unit import UnitsQuery, compile_units
from analytics.reporting.reach import period_to_read
from analytics.reporting.scope import one_moment
from experiments.errors import NotFound
from experiments.models import Experiment
from experiments.retention.files import folder

OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


def unit_frame(
    experiment: Experiment, analysis: Analysis | None = None, *, names_ids: bool = False
) -> pa.Table:
    """Return a row per unit that an analysis counted, by default the newest of the phase.

    Columns: unit, variant (its key), first_exposure_us, a:<name> of each attribute by which the
    report cuts units, and of each metric y:<key>, d:<key> (the
    denominator of a ratio), x:<key> and xd:<key> (the same in the four weeks before exposure, where
    CUPED is used), uncapped; null for a unit that does not count in the metric. `about.read_about`
    of its schema says all else. Units are keyed hashes unless `names_ids`. Raises NotFound without
    an analysis, and what its statement raises. Held whole: for more units, `frame_file`.
    """
    found = analysis or selectors.latest_ready(experiment)
    if found is None or not found.results:
        raise NotFound("there is no analysis yet; refresh the report first")
    with frame_file(found, names_ids=names_ids) as file:
        return pa.ipc.open_file(file).read_all()


def frame_file(analysis: Analysis, *, names_ids: bool = False) -> BinaryIO:
    """Return the frame as an open, unnamed Arrow IPC file, at its start; closing it removes it.

    Read in batches under one state of the rows and written to disk, so that neither memory nor
    whoever reads it slowly is a limit. The sums are compared with the analysis' own on the way.
    """
    plan = plan_of(analysis)
    with _temporary() as rough:
        sums = FrameSums()
        with pa.ipc.new_stream(rough, schema_of(plan)) as writer:
            for batch in _read(plan, sums, names_ids=names_ids):
                writer.write_batch(batch)
        described = about(plan, names_ids=names_ids, differing=sums.differing(plan))
        rough.seek(0)
        return _finished(rough, described)


def _finished(rough: BinaryIO, described: Mapping[str, Any]) -> BinaryIO:
    """Return the batches again, in a file that says from its first byte on what it holds."""
    file = _temporary()
    with pa.ipc.open_stream(rough) as reader:
        schema = with_about(reader.schema, described)
        with pa.ipc.new_file(pa.PythonFile(file, "w"), schema, options=OPTIONS) as writer:
            for batch in reader:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    file.seek(0)
    return file


def _temporary() -> BinaryIO:
    folder().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder())


def _read(plan: FramePlan, sums: FrameSums, *, names_ids: bool) -> Iterator[pa.RecordBatch]:
    query = _compiled(plan)
    found = FrameRows(plan, query.places, sums, names_ids=names_ids)
    period = period_to_read(plan.experiment, plan.analysis.phase)
    with engine_over(period) as engine, one_moment():
        for rows in batches(engine, query.sql, query.values):
            yield found.batch(rows)


def _compiled(plan: FramePlan) -> UnitsQuery:
    queries = {query.key: query for each in plan.metrics for query in each.queries.values()}
    caps = {key: at for each in plan.metrics for key, at in each.caps.items()}
    with_history = any(each.uses_history for each in plan.metrics)
    return compile_units(
        list(queries.values()),
        plan.cut,
        caps,
        attributes=plan.attributes,
        with_history=with_history,
    )
