"""What a frame says of itself: the analysis, its settings, and what each column holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from analytics.exports.plan import FrameMetric, FramePlan
from analytics.exports.rows import attribute_column

KEY = b"armature"  # of the schema's metadata
FORMAT = "armature.frame/1"


def about(plan: FramePlan, *, names_ids: bool, differing: Sequence[Mapping[str, str]]) -> Any:
    """Return the frame's own description, JSON-ready.

    `agrees`: the frame's sums are the analysis' own; else `differing` says of what they are not,
    as rows that came, or were erased, after it was computed make them others.
    """
    analysis = plan.analysis
    return {
        "format": FORMAT,
        "site": plan.experiment.site.slug,
        "experiment": plan.experiment.key,
        "phase": analysis.phase,
        "analysis": analysis.pk,
        "settings": analysis.settings,
        "settings_hash": analysis.settings_hash,
        "data_cut_us": analysis.data_cut_us,
        "code_version": analysis.code_version,
        "currency": plan.experiment.site.currency,
        "unit_type": plan.experiment.unit_type,
        "unit_ids": "as stored" if names_ids else "hashed",
        "variants": analysis.report["variants"],
        "attributes": {name: attribute_column(name) for name in plan.attributes},
        "metrics": [_metric(each) for each in plan.metrics],
        "left_out": dict(plan.left_out),
        "agrees": not differing,
        "differing": [dict(each) for each in differing],
    }


def with_about(schema: pa.Schema, described: Mapping[str, Any]) -> pa.Schema:
    """Return the schema with the description as its metadata."""
    return schema.with_metadata({KEY: json.dumps(described, ensure_ascii=False).encode()})


def read_about(schema: pa.Schema) -> Any:
    """Return the description that `with_about` wrote."""
    return json.loads(schema.metadata[KEY])


def _metric(each: FrameMetric) -> dict[str, Any]:
    metric = each.metric
    return {
        **each.chosen,
        "name": metric.name,
        "kind": metric.kind,
        "direction": metric.direction,
        "format": metric.format,
        "numerator": metric.numerator,
        "denominator": metric.denominator,
        "window_days": metric.window_days,
        "delay_days": metric.delay_days,
        "winsor": metric.winsor,
        "min_units": metric.min_units,
        "cap": each.row.get("cap"),
        "uses_cuped": each.uses_history,
        "columns": {side: each.column(side) for side in each.sides},
        "at": dict(each.caps),
    }
