"""A report for other programs: all of it as JSON, its metric table as rows of a spreadsheet."""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.models import Analysis
from experiments.spreadsheets import safe_cell

HEADER = [
    "metric", "role", "variant", "units", "value", "numerator", "denominator", "effect",
    "effect_low", "effect_high", "lift", "lift_low", "lift_high", "p_value", "p_adjusted",
    "status", "lift_status",
]  # fmt: skip


def json_body(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis with all it takes to compute it again."""
    return {
        "analysis": analysis.pk,
        "settings": analysis.settings,
        "settings_hash": analysis.settings_hash,
        "code_version": analysis.code_version,
        "data_cut_us": analysis.data_cut_us,
        "results": analysis.results,
        "moments": analysis.moments,
        "sql": analysis.sql,
    }


def csv_rows(results: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the header, then one row per metric and variant; numbers stay numbers."""
    yield HEADER
    for metric in results.get("metrics", []):
        for variant in results["variants"]:
            value = metric["values"].get(variant["key"], {})
            compared = metric["comparisons"].get(variant["key"]) or {}
            yield [
                safe_cell(metric["name"]),
                metric["role"],
                safe_cell(variant["name"]),
                value.get("n"),
                value.get("value"),
                value.get("numerator"),
                value.get("denominator"),
                compared.get("effect"),
                *_ends(compared.get("interval")),
                compared.get("lift"),
                *_ends(compared.get("lift_interval")),
                compared.get("p_value"),
                compared.get("p_adjusted"),
                compared.get("status", metric["error"] and "failed"),
                compared.get("lift_status", ""),
            ]


def _ends(interval: Mapping[str, float] | None) -> list[float | None]:
    return [interval["low"], interval["high"]] if interval else [None, None]
