"""A stored report without what is only for those who run the service. Pure."""

from collections.abc import Mapping
from typing import Any

FAILED = "It could not be computed."
NOT_JUDGED = "This was not judged."


def scrubbed(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored results as anybody may read them; what was given stays as it is.

    Errors and notes may name tables, files and servers; what to do about a finding, and why, is
    said to those who can do it.
    """
    return {
        **results,
        "metrics": [_metric(each) for each in results["metrics"]],
        "findings": [_finding(each) for each in results["findings"]],
        "details": {name: _detail(each) for name, each in results["details"].items()},
    }


def _metric(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "note": "", "cap_note": "", "error": FAILED if row["error"] else ""}


def _finding(found: Mapping[str, Any]) -> dict[str, Any]:
    # Why a check could not judge may be the words of what went wrong.
    is_judged = found["state"] != "unknown"
    evidence = found["evidence"] if is_judged else NOT_JUDGED
    return {**found, "evidence": evidence, "action": "", "causes": []}


def _detail(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"error": FAILED} if "error" in found else found
