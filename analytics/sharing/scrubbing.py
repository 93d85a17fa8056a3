"""A stored report without what is only for those who run the service. Pure."""

from collections.abc import Mapping
from typing import Any

FAILED = "It could not be computed."


def scrubbed(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored results as anybody may read them; what was given stays as it is.

    Errors and notes may name tables, files and servers; what to do about a finding, and why, is
    said to those who can do it.
    """
    return {
        **results,
        "metrics": [_metric(each) for each in results["metrics"]],
        "findings": [{**each, "action": "", "causes": []} for each in results["findings"]],
        "details": {name: _detail(each) for name, each in results["details"].items()},
    }


def _metric(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "note": "", "error": FAILED if row["error"] else ""}


def _detail(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"error": FAILED} if "error" in found else found
