"""The report page as its template shows it: every number already written, no arithmetic left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import selectors, services
from analytics.formatting import value_format
from analytics.models import Analysis
from analytics.stats.formats import ValueFormat, number, p_value_text, percent
from analytics.web.charts import Axis, Bar, axis_over, bar_on
from experiments.clock import EPOCH, zone
from experiments.models import Experiment

TONES = {
    "ship": "good",
    "stop": "bad",
    "withheld": "bad",
    "keep_running": "info",
    "do_not_read_yet": "warn",
    "no_meaningful_gain": "idle",
    "inconclusive": "idle",
    "no_data": "idle",
}
STATUS_WORDS = {
    "insufficient_data": "Too few units yet",
    "zero_variance": "Every unit has the same value",
    "zero_baseline": "Control is zero: no relative lift",
    "unbounded": "Control is too close to zero for a relative range",
    "zero_denominator": "Nothing to divide by",
}
ROLE_WORDS = {
    "primary": "Primary metric",
    "secondary": "Secondary metrics",
    "guardrail": "Guardrails",
}
WARNING_WORDS = {
    "small_sample": "few conversions",
    "unequal_split": "uneven split",
    "one_zero_variance": "one variant does not vary",
    "skewed": "skewed values",
}
FORGET_RANGE = 2.0  # lifts beyond ±200 % do not stretch the axis of all other rows


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant's name with its mark, units and how it was served."""

    name: str
    mark: int
    units: str
    share: str
    configured: str
    slates: str
    fallback: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One treatment of one metric."""

    metric: str
    treatment: str
    mark: int
    control_name: str
    control_value: str
    control_detail: str
    value: str
    value_detail: str
    effect: str
    effect_range: str
    lift: str
    lift_range: str
    p_value: str
    words: str
    tone: str
    note: str
    bar: Bar | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """The rows of one role, on one axis."""

    role: str
    title: str
    rows: tuple[RowView, ...]
    axis: Axis
    errors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One check with its evidence."""

    tone: str
    claim: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Everything on the page; `state` says which of its faces is shown."""

    experiment: Experiment
    state: str
    tone: str
    stamp: str
    headline: str
    why: str
    criteria: tuple[FindingView, ...]
    variants: tuple[VariantView, ...]
    groups: tuple[GroupView, ...]
    findings: tuple[FindingView, ...]
    analysis: Analysis | None
    pending: Analysis | None
    failed: Analysis | None
    as_of: datetime | None
    computed_at: datetime | None
    facts: Mapping[str, str]


def report_page(experiment: Experiment) -> ReportPage:
    """Return the page of an experiment's newest analysis, with what is newer and not ready."""
    newest = selectors.analyses_of(experiment).filter(phase=experiment.phase).first()
    ready = selectors.latest_ready(experiment)
    pending = newest if newest and newest.status in {"queued", "computing"} else None
    failed = newest if newest and newest.status == "failed" else None
    results = ready.results if ready and ready.results else None
    state = _state(experiment, ready, pending, failed)
    tone, stamp, headline, why = _said(state, results, failed)
    return ReportPage(
        experiment=experiment,
        state=state,
        tone=tone,
        stamp=stamp,
        headline=headline,
        why=why,
        criteria=_criteria(results),
        variants=_variants(results),
        groups=_groups(results),
        findings=_findings(results),
        analysis=ready,
        pending=pending,
        failed=failed,
        as_of=_as_of(experiment, ready),
        computed_at=ready.finished_at if ready else None,
        facts=_facts(experiment, results),
    )


def _state(
    experiment: Experiment,
    ready: Analysis | None,
    pending: Analysis | None,
    failed: Analysis | None,
) -> str:
    """Return which face the page shows: computing, failed, missing, empty, stale or ready."""
    if failed:
        return "failed"
    if ready is None:
        return "computing" if pending else "missing"
    if not any(variant["units"] for variant in (ready.results or {})["variants"]):
        return "empty"
    current = services.settings_hash(services.analysis_settings(experiment))
    return "ready" if current == ready.settings_hash else "stale"


def _said(
    state: str, results: Mapping[str, Any] | None, failed: Analysis | None
) -> tuple[str, str, str, str]:
    """Return tone, stamp, sentence and reason for the page's face."""
    match state:
        case "failed":
            why = "The error is below; the last good report, if any, follows it."
            return "bad", "Computation failed", "The newest report could not be computed.", why
        case "computing":
            why = "You can leave this page; nothing is lost."
            return "info", "Computing", "The report is being computed.", why
        case "missing":
            why = "Nobody has asked for one. Refresh computes it from the rows stored now."
            return "idle", "No report yet", "This experiment has no report.", why
        case "empty":
            why = "The first list served to a unit of the experiment changes that."
            return "idle", "No data yet", "No unit has been exposed so far.", why
        case "stale":
            was = (results or {}).get("verdict") or {}
            why = f"The verdict below was: {was.get('headline', '')} Recompute before deciding."
            return "warn", "Out of date", "The settings changed after these numbers.", why
    verdict = (results or {}).get("verdict")
    if not verdict:
        return (
            "idle",
            "No verdict",
            "The experiment has no primary metric that can be computed.",
            "",
        )
    sentences = list(verdict["sentences"]) or [verdict["headline"]]
    return (
        TONES.get(verdict["state"], "idle"),
        verdict["headline"].rstrip("."),
        sentences[0],
        " ".join(sentences[1:]),
    )


CRITERION_TONES = {"met": "good", "not_met": "bad", "open": "idle", "withheld": "warn"}
CRITERION_WORDS = {
    "data": "Data can be trusted",
    "primary": "Primary metric",
    "guardrails": "Guardrails",
    "size": "Planned size",
}


def _criteria(results: Mapping[str, Any] | None) -> tuple[FindingView, ...]:
    verdict = (results or {}).get("verdict") or {}
    return tuple(
        FindingView(
            CRITERION_TONES.get(each["state"], "idle"),
            CRITERION_WORDS.get(each["code"], str(each["code"]).replace("_", " ").capitalize()),
            each["detail"],
        )
        for each in verdict.get("criteria", [])
    )


def _variants(results: Mapping[str, Any] | None) -> tuple[VariantView, ...]:
    rows = (results or {}).get("variants", [])
    units = sum(row["units"] for row in rows)
    weights = sum(row["weight"] for row in rows)
    return tuple(
        VariantView(
            name=row["name"],
            mark=min(index, 4),
            units=number(row["units"]),
            share=percent(row["units"] / units) if units else "–",
            configured=percent(row["weight"] / weights),
            slates=number(row["slates"]),
            fallback=percent(row["fallbacks"] / row["slates"]) if row["slates"] else "–",
        )
        for index, row in enumerate(rows)
    )


def _groups(results: Mapping[str, Any] | None) -> tuple[GroupView, ...]:
    if not results:
        return ()
    groups = []
    for role, title in ROLE_WORDS.items():
        metrics = [metric for metric in results["metrics"] if metric["role"] == role]
        if not metrics:
            continue
        axis = axis_over(_ends(metrics))
        rows = tuple(row for metric in metrics for row in _rows(results, metric, axis))
        errors = tuple((m["name"], m["error"]) for m in metrics if m["error"])
        groups.append(GroupView(role, title, rows, axis, errors))
    return tuple(groups)


def _ends(metrics: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return every end of a lift's range that may stretch the axis."""
    ranges = [
        compared["lift_interval"]
        for metric in metrics
        for compared in metric["comparisons"].values()
        if compared.get("lift_interval")
    ]
    ends = [end for span in ranges for end in (span["low"], span["high"])]
    return [min(max(end, -1.0), FORGET_RANGE) for end in ends]


def _rows(results: Mapping[str, Any], metric: Mapping[str, Any], axis: Axis) -> list[RowView]:
    control = next(variant for variant in results["variants"] if variant["is_control"])
    written = value_format(metric["format"], results["currency"])
    rows: list[RowView] = []
    for index, variant in enumerate(results["variants"]):
        compared = metric["comparisons"].get(variant["key"])
        if compared is None:
            continue
        rows.append(_row(metric, control, variant, index, compared, written, axis, not rows))
    return rows


def _row(
    metric: Mapping[str, Any],
    control: Mapping[str, Any],
    variant: Mapping[str, Any],
    index: int,
    compared: Mapping[str, Any],
    written: ValueFormat,
    axis: Axis,
    is_first: bool,
) -> RowView:
    tone, words = _conclusion(compared, metric["direction"])
    base, own = metric["values"][control["key"]], metric["values"][variant["key"]]
    span, lift_span = compared["interval"], compared["lift_interval"]
    return RowView(
        metric=metric["name"],
        treatment=variant["name"],
        mark=min(index, 4),
        control_name=control["name"],
        control_value=_value(written, base["value"]),
        control_detail=_quotient(metric, base, written),
        value=_value(written, own["value"]),
        value_detail=_quotient(metric, own, written),
        effect=_value(written, compared["effect"], is_signed=True),
        effect_range=_value_range(written, span),
        lift=_percent(compared["lift"]),
        lift_range=_percent_range(lift_span),
        p_value=_p_value(compared),
        words=words,
        tone=tone,
        note=", ".join(WARNING_WORDS.get(code, code) for code in compared["warnings"]),
        bar=bar_on(axis, lift_span["low"], lift_span["high"], compared["lift"], tone)
        if lift_span
        else None,
        is_first=is_first,
    )


def _conclusion(compared: Mapping[str, Any], direction: str) -> tuple[str, str]:
    """Return the tone of a conclusion and its words; nothing is concluded across zero."""
    if compared["status"] != "ok":
        return "idle", STATUS_WORDS.get(compared["status"], compared["status"])
    p_value = compared["p_adjusted"] if compared["p_adjusted"] is not None else compared["p_value"]
    if p_value is None or p_value >= compared["alpha"]:
        return "idle", "Not told apart from zero"
    has_risen = compared["effect"] > 0
    is_good = has_risen == (direction == "up")
    return (
        "good" if is_good else "bad",
        "A rise, clear of zero" if has_risen else "A fall, clear of zero",
    )


def _value(written: ValueFormat, value: float | None, *, is_signed: bool = False) -> str:
    return "–" if value is None else written.text(value, is_signed=is_signed)


def _value_range(written: ValueFormat, span: Mapping[str, float] | None) -> str:
    if span is None:
        return ""
    ends = (written.text(end, is_signed=True) for end in (span["low"], span["high"]))
    return " to ".join(ends)


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value, is_signed=True)


def _percent_range(span: Mapping[str, float] | None) -> str:
    if span is None:
        return "no relative range"
    return " to ".join(percent(end, is_signed=True) for end in (span["low"], span["high"]))


def _p_value(compared: Mapping[str, Any]) -> str:
    """Return the p-value as shown, the adjusted one where several were looked at."""
    if compared["p_adjusted"] is not None:
        return f"p {p_value_text(compared['p_adjusted'])}, adjusted"
    return "" if compared["p_value"] is None else f"p {p_value_text(compared['p_value'])}"


def _quotient(metric: Mapping[str, Any], value: Mapping[str, Any], written: ValueFormat) -> str:
    """Return what a value is a quotient of, in plain numbers."""
    above = value["numerator"]
    shown = written.text(above) if metric["format"] == "money" else number(above)
    return f"{shown} / {number(value['denominator'])}"


def _findings(results: Mapping[str, Any] | None) -> tuple[FindingView, ...]:
    if not results:
        return ()
    return (
        _split_finding(results["split"]),
        _exposure_finding(results["exposure"]),
        _fallback_finding(results["variants"]),
        _loose_finding(results),
    )


def _split_finding(split: Mapping[str, Any]) -> FindingView:
    if split["p_value"] is None:
        return FindingView("idle", "Sample ratio", "No unit has been exposed yet.")
    tone = {"ok": "good", "warn": "warn"}.get(split["level"], "bad")
    claim = "Split as configured" if tone == "good" else "The split is not as configured"
    return FindingView(tone, claim, f"χ² p {p_value_text(split['p_value'])}; blocks below 0.001.")


def _exposure_finding(exposure: Mapping[str, Any]) -> FindingView:
    tone = {"ok": "good", "warn": "warn"}.get(exposure["level"], "bad")
    share = percent(exposure["share"] or 0, decimals=2)
    text = f"{number(exposure['n_multiple'])} of {number(exposure['n_units'])} ({share}), left out."
    return FindingView(tone, "Units seen in two variants", text)


def _fallback_finding(variants: Sequence[Mapping[str, Any]]) -> FindingView:
    """Return how far variants differ in lists that something else answered."""
    shares = [v["fallbacks"] / v["slates"] for v in variants if v["slates"]]
    gap = max(shares) - min(shares) if shares else 0.0
    listed = ", ".join(
        f"{v['name']} {percent(v['fallbacks'] / v['slates'])}" for v in variants if v["slates"]
    )
    tone = "warn" if gap > 0.01 else "good"
    claim = "Fallback answered unequally often" if gap > 0.01 else "Fallback answered equally often"
    return FindingView(tone, claim, f"{listed or 'No list served'}. Units stay in their variant.")


def _loose_finding(results: Mapping[str, Any]) -> FindingView:
    loose = results["unattributed"]
    text = f"{number(loose)} in this period carry no unit and count for nobody."
    return FindingView("good" if loose == 0 else "info", "Events without a unit", text)


def _as_of(experiment: Experiment, analysis: Analysis | None) -> datetime | None:
    """Return the data cut in the site's zone."""
    if analysis is None:
        return None
    moment = EPOCH + timedelta(microseconds=analysis.data_cut_us)
    return moment.astimezone(zone(experiment.site.timezone))


MONITORING_WORDS = {
    "always_valid": "Always valid",
    "fixed": "Fixed horizon",
}
MONITORING_HELP = {
    "always_valid": "95 % ranges hold at every look",
    "fixed": "read once, at the planned end",
}


def _facts(experiment: Experiment, results: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Return the key facts of the run."""
    days = (results or {}).get("days", 0)
    return {
        "days": f"{days} of {experiment.planned_days} days",
        "window": f"{experiment.window_days} days from first exposure",
        "monitoring": MONITORING_WORDS[experiment.monitoring],
        "monitoring_help": MONITORING_HELP[experiment.monitoring],
        "waiting": number((results or {}).get("waiting", 0)),
    }
