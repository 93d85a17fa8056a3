"""Looking at a run as the product does: its statements, comparisons, trust gate and verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analytics.models import ExperimentMetric
from analytics.reporting.caps import caps_of
from analytics.reporting.judging import compare_fully, judge
from analytics.reporting.measuring import measure
from analytics.reporting.scope import Scope
from analytics.services import compute_analysis, request_analysis
from analytics.stats.results import Comparison
from analytics.stats.srm import exposure_check
from analytics.trust import findings_of, judge_split, weights_of
from experiments.models import Experiment
from experiments.selectors import exposure_counts

CLAIMS = ("ship", "stop")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look says of one metric; None where it gives no number."""

    effect: float | None
    low: float | None
    high: float | None
    lift_low: float | None
    lift_high: float | None
    p_value: float | None
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the verdict's state, what was found faulty, and each metric as judged and raw."""

    verdict: str
    bad: tuple[str, ...]
    judged: Mapping[str, Reading]
    raw: Mapping[str, Reading]
    comparisons: Mapping[str, Any] = field(default_factory=dict, repr=False)


def look_at(experiment: Experiment, until_us: int, *, is_gated: bool = True) -> Look:
    """Return what the product says of a run up to a moment.

    The report's own parts in its own order, without what stands beside the verdict: days,
    segments, details. `is_gated`: else the trust gate, which can only withhold a verdict, is asked
    where the verdict would be a claim.
    """
    scope = Scope.of(experiment, phase=experiment.phase, until_us=until_us)
    caps = caps_of(scope)
    measured = measure(scope, caps.caps)
    compared = compare_fully(scope, measured)
    comparisons = {place: each.comparison for place, each in compared.items()}
    verdict = _judged(scope, measured, comparisons, ())
    bad: tuple[str, ...] = ()
    if is_gated or verdict["state"] in CLAIMS:
        findings = findings_of(scope, measured, comparisons)
        bad = tuple(each["code"] for each in findings if each["state"] == "bad")
        verdict = _judged(scope, measured, comparisons, findings)
    by_metric = {key: each for (key, _treatment), each in compared.items()}
    judged = {k: _reading(each.comparison, caps.caps.get(k)) for k, each in by_metric.items()}
    raw = {key: _reading(each.raw or each.comparison) for key, each in by_metric.items()}
    told = {key: each.to_dict() for key, each in by_metric.items()}
    return Look(verdict["state"], bad, judged, raw, told)


def _judged(scope: Scope, measured: Any, comparisons: Any, findings: Any) -> dict[str, Any]:
    counts = exposure_counts(
        experiment_id=scope.experiment.pk, phase=scope.phase, until_us=scope.until_us
    )
    units = [counts.by_variant.get(variant.pk, 0) for variant in scope.variants]
    weights = weights_of(scope)
    verdict = judge(
        scope,
        measured,
        comparisons,
        split=judge_split(units, weights, has_ended=scope.has_ended),
        exposure=exposure_check(counts.multiple, sum(units) + counts.multiple, weights=weights),
        days=scope.full_days(scope.first_exposure_us()),
        findings=findings,
    )
    if verdict is None:
        raise RuntimeError(f"no verdict: {measured.errors}")
    return verdict


def _reading(found: Comparison, cap: int | None = None) -> Reading:
    interval, lift = found.interval, found.lift_interval
    return Reading(
        effect=found.effect,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        lift_low=lift.low if lift else None,
        lift_high=lift.high if lift else None,
        p_value=found.p_value,
        cap=cap,
    )


def outcome_of(study: str, experiment: Experiment, look: Look) -> dict[str, Any]:
    """Return what is kept of a run's last look, JSON-ready."""
    return {
        "study": study,
        "primary": primary_of(experiment),
        "verdict": look.verdict,
        "bad": list(look.bad),
        "judged": {key: asdict(each) for key, each in look.judged.items()},
        "raw": {key: asdict(each) for key, each in look.raw.items()},
    }


def primary_of(experiment: Experiment) -> str:
    """Return the key of the metric that decides."""
    return ExperimentMetric.objects.get(experiment=experiment, role="primary").metric.key


def whole_report(experiment: Experiment) -> dict[str, Any]:
    """Return the report that the product stores of the run as it is now."""
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    if analysis is None or analysis.status != "ready":
        raise RuntimeError(f"the analysis failed: {analysis and analysis.error}")
    return dict(analysis.results or {})


def differences(look: Look, report: Mapping[str, Any]) -> list[str]:
    """Return in what a look differs from the stored report of the same rows; it should be nothing.

    Each metric's comparison with its corrected p, and the verdict; the report says more besides.
    """
    stored = {each["key"]: each["comparisons"]["treatment"] for each in report["metrics"]}
    found = [
        f"{key} {name}"
        for key, told in look.comparisons.items()
        for name, value in told.items()
        if stored[key][name] != value
    ]
    return found + (["verdict"] if report["verdict"]["state"] != look.verdict else [])
