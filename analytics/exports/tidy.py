"""The metric table as Parquet: one row per metric and variant, as an analyst's tools want it."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exports.about import KEY
from analytics.exports.tidy_columns import COLUMNS, Cell
from analytics.models import Computation
from analytics.stats.moments import Moments

FORMAT = "armature.metrics/1"


def parquet_file(analysis: Computation) -> bytes:
    """Return the metric table of a finished analysis as a Parquet file.

    Its schema's metadata holds under `armature` the analysis' id, cut, settings and their hash.
    What is not known is null; of a metric that failed, `error` says why.
    """
    rows = [{name: read(cell) for name, (_type, read) in COLUMNS.items()} for cell in _of(analysis)]
    schema = pa.schema([(name, type_) for name, (type_, _read) in COLUMNS.items()])
    schema = schema.with_metadata({KEY: json.dumps(_about(analysis), ensure_ascii=False)})
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), out, compression="zstd")
    return out.getvalue()


def _of(analysis: Any) -> Iterator[Cell]:
    report = analysis.report
    for metric in report["metrics"]:
        for variant in report["variants"]:
            stored = analysis.moments.get(metric["key"], {}).get(variant["key"])
            yield Cell(
                metric=metric,
                variant=variant,
                value=metric["values"].get(variant["key"], {}),
                compared=metric["comparisons"].get(variant["key"]) or {},
                moments=Moments.from_dict(stored) if stored else None,
            )


def _about(analysis: Any) -> dict[str, Any]:
    experiment, report = analysis.experiment, analysis.report
    return {
        "format": FORMAT,
        "site": experiment.site.slug,
        "experiment": experiment.key,
        "phase": analysis.phase,
        "analysis": analysis.pk,
        "settings": analysis.settings,
        "settings_hash": analysis.settings_hash,
        "data_cut_us": analysis.data_cut_us,
        "code_version": analysis.code_version,
        "currency": report["currency"],
        "monitoring": report["monitoring"],
        "verdict": report["verdict"],
    }
