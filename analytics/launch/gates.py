"""What a ramp waits for: a fresh analysis, an even split, and nobody harmed."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from analytics.models import Analysis
from analytics.selectors import latest_ready
from analytics.stats.results import CheckLevel
from analytics.stats.verdicts import VerdictState
from experiments.models import Experiment
from experiments.registries import Check


def ramp_checks(experiment: Experiment) -> list[Check]:
    """Return whether more of a running experiment may be opened, by its newest analysis.

    The analysis has to reach beyond the last step of the ramp: an older one has not seen what that
    step did.
    """
    analysis = latest_ready(experiment)
    if analysis is None or not _has_seen_last_step(experiment, analysis):
        return [_freshness(analysis)]
    return [_freshness(analysis, is_fresh=True), _split(analysis), _harm(analysis)]


def _has_seen_last_step(experiment: Experiment, analysis: Analysis) -> bool:
    applied = experiment.ramp_steps.aggregate(at=Max("applied_at"))["at"]
    return applied is None or analysis.created_at > applied


def _freshness(analysis: Analysis | None, *, is_fresh: bool = False) -> Check:
    detail = "read" if is_fresh else "older than the last step" if analysis else "none is ready"
    return Check(
        "An analysis has seen the last step",
        is_fresh,
        detail,
        "Refresh the report, or wait: it is refreshed every hour.",
        code="ramp_analysis",
    )


def _split(analysis: Analysis) -> Check:
    split = _results(analysis)["split"]
    p_value = split["p_value"]
    return Check(
        "Units are split as configured",
        split["level"] != CheckLevel.BLOCK,
        "no unit yet" if p_value is None else f"p = {p_value:.3g} for a split at least as uneven",
        "Find out why before more units enter: the report says where to look.",
        code="ramp_split",
    )


def _harm(analysis: Analysis) -> Check:
    harmed = list(_harmed(_results(analysis)["verdict"]))
    return Check(
        "No treatment does harm",
        not harmed,
        "; ".join(harmed) or "no harm is shown",
        "Read the report; lower the share or end it.",
        code="ramp_harm",
    )


def _harmed(verdict: dict[str, Any] | None) -> Iterator[str]:
    """Yield each treatment that is worse on the primary metric or beyond a guardrail's limit."""
    if verdict is None:
        yield "the primary metric could not be computed"
        return
    for treatment in verdict["treatments"]:
        if treatment["state"] == VerdictState.STOP:
            yield f"{treatment['name']}: {', '.join(treatment['reasons'])}".replace("_", " ")


def _results(analysis: Analysis) -> dict[str, Any]:
    return analysis.results or {}
