"""Reports as earlier versions stored them: what came later is taken out of a new one."""

from typing import Any

from analytics.models import Analysis
from analytics.reporting.results import SINCE_2
from tests.analytics.finished import rewrite

SINCE_1 = {
    "report": {*SINCE_2, "left_out", "version"},
    "verdict": {"would_change"},
    "metric": {"source", "note", "cap", "cap_note"},
    "comparison": {"levels", "effect_levels", "raw", "variance_ratio", "scaled", "too_few"},
    "value": {"capped", "share_capped", "share_removed", "raw_value"},
}


def without(values: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: each for name, each in values.items() if name not in SINCE_1[kind]}


def as_first_version(results: dict[str, Any]) -> dict[str, Any]:
    """Return results as the first release stored them, of the same figures."""
    old = without(results, "report") | {"version": 1}
    if old["verdict"]:
        old["verdict"] = without(old["verdict"], "verdict")
    old["metrics"] = [_metric(each) for each in old["metrics"]]
    return old


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    parts = {"values": "value", "comparisons": "comparison"}
    old = without(metric, "metric")
    for name, kind in parts.items():
        old[name] = {variant: without(each, kind) for variant, each in metric[name].items()}
    return old


def stored_long_ago(analysis: Analysis) -> Analysis:
    """Let an analysis be one of the first release: its results, its settings, its code."""
    rewrite(
        Analysis.objects.filter(pk=analysis.pk),
        results=as_first_version(analysis.results or {}),
        settings={"metrics": [], "monitoring": "always_valid"},
        code_version="0.0.1",
        sql="",
    )
    analysis.refresh_from_db()
    return analysis
