"""The report page as its template shows it: every number already written, no arithmetic left."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from analytics import selectors, services
from analytics.models import Analysis
from analytics.reporting.results import as_newest
from analytics.web.alike import is_alike, said_of_alike
from analytics.web.choices import Choice, Option, effect_options, level_options
from analytics.web.decision import DecisionView, decision_of, record_of
from analytics.web.faces import NOT_STARTED, Face, Said, said
from analytics.web.facts import FactsView, VariantView, facts_of, variants_of
from analytics.web.findings import FindingView, SplitRow, criteria_of, findings_of, split_rows
from analytics.web.groups import GroupView, groups_of
from analytics.web.progress import ComputingView, ProgressView, computing_of, progress_of
from analytics.web.sections import Sections, sections_of
from analytics.web.times import moment_text
from experiments.models import Experiment

USUAL = 95
NAMED_FIRST = ("split", "multiple_exposure")  # by the verdict's own sentences


@dataclass(frozen=True, slots=True)
class Newest:
    """The analyses that a page shows: the last good one, and what is newer and not ready."""

    ready: Analysis | None
    pending: Analysis | None
    failed: Analysis | None

    @classmethod
    def of(cls, experiment: Experiment) -> "Newest":
        """Return those of the current phase."""
        newest = selectors.analyses_of(experiment).filter(phase=experiment.phase).first()
        status = newest.status if newest else ""
        return cls(
            ready=selectors.latest_ready(experiment),
            pending=newest if status in {"queued", "computing"} else None,
            failed=newest if status == "failed" else None,
        )


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Everything on the page; the face says in which state it is shown."""

    experiment: Experiment
    face: Face
    said: Said
    criteria: tuple[FindingView, ...]
    analysis: Analysis | None
    pending: Analysis | None
    failed: Analysis | None
    as_of: str
    decision: DecisionView
    computing: ComputingView | None = None
    variants: tuple[VariantView, ...] = ()
    facts: FactsView | None = None
    progress: ProgressView | None = None
    groups: tuple[GroupView, ...] = ()
    findings: tuple[FindingView, ...] = ()
    split: tuple[SplitRow, ...] = ()
    sections: Sections = field(default_factory=Sections)
    effects: tuple[Option, ...] = ()
    levels: tuple[Option, ...] = ()
    is_withheld: bool = False
    is_alike: bool = False
    is_frozen: bool = False

    @property
    def worst(self) -> FindingView | None:
        """Return the finding that the verdict names first, None where none withholds it."""
        bad = [each for each in self.findings if each.tone == "bad"]
        named = sorted(bad, key=lambda each: each.code not in NAMED_FIRST)
        return named[0] if named else None

    @property
    def has_started(self) -> bool:
        """Tell whether there may be units to report on."""
        return self.experiment.status not in NOT_STARTED

    @property
    def tally(self) -> str:
        """Return how many findings are to be looked at, and how many passed."""
        tones = [each.tone for each in self.findings]
        look = sum(tone in {"bad", "warn"} for tone in tones)
        unknown = tones.count("idle")
        parts = [f"{look} to look at", f"{tones.count('good')} passed"]
        return ", ".join([*parts, f"{unknown} not known"] if unknown else parts)


def report_page(
    experiment: Experiment,
    query: Mapping[str, str] | None = None,
    *,
    may_decide: bool = False,
) -> ReportPage:
    """Return the page of an experiment's newest analysis, with what is newer and not ready.

    `query`: the address's, for the reader's view. `may_decide`: whether the reader may record a
    decision.
    """
    newest = Newest.of(experiment)
    results: Mapping[str, Any] = newest.ready.report if newest.ready else {}
    face = _face(experiment, newest)
    decision = decision_of(experiment, results, may_decide=may_decide)
    page = ReportPage(
        experiment=experiment,
        face=face,
        said=said(face, experiment, results, _changed(experiment, newest, face)),
        criteria=_criteria(results) if face in {Face.READY, Face.EMPTY} else (),
        analysis=newest.ready,
        pending=newest.pending,
        failed=newest.failed,
        computing=computing_of(newest.pending) if newest.pending else None,
        as_of=moment_text(experiment, newest.ready.data_cut_us) if newest.ready else "",
        decision=decision,
    )
    return with_results(page, results, query or {}) if results else page


def frozen_page(experiment: Experiment, query: Mapping[str, str]) -> ReportPage | None:
    """Return the page as it was when the decision was recorded, None where nothing was kept."""
    record = record_of(experiment)
    if record is None or not record.analysis.get("results"):
        return None
    results = as_newest(record.analysis["results"])
    page = ReportPage(
        experiment=experiment,
        face=Face.READY,
        said=said(Face.READY, experiment, results),
        criteria=_criteria(results),
        analysis=_kept(record.analysis),
        pending=None,
        failed=None,
        as_of=moment_text(experiment, record.analysis["data_cut_us"]),
        decision=decision_of(experiment, results, may_decide=False),
        is_frozen=True,
    )
    return with_results(page, results, query)


def with_results(
    page: ReportPage, results: Mapping[str, Any], query: Mapping[str, str]
) -> ReportPage:
    """Return the page with everything that the results show, in the reader's view."""
    experiment = page.experiment
    choice = Choice.of(query, _usual_level(page.analysis))
    verdict = results.get("verdict") or {}
    is_aa = is_alike(experiment)
    if is_aa and page.face is Face.READY:
        said = said_of_alike(page.said, verdict)
        page = replace(page, said=said, decision=replace(page.decision, recommended=said.stamp))
    return replace(
        page,
        variants=variants_of(results),
        facts=facts_of(experiment, results),
        progress=progress_of(results),
        groups=groups_of(results, choice) if page.face is not Face.EMPTY else (),
        findings=findings_of(results, partial(moment_text, experiment)),
        split=split_rows(results) if _is_uneven(results) and page.face is Face.READY else (),
        sections=_sections(page, results, query, choice),
        effects=effect_options(query, choice),
        levels=level_options(query, choice),
        is_withheld=verdict.get("state") == "withheld",
        is_alike=is_aa,
    )


def _sections(
    page: ReportPage, results: Mapping[str, Any], query: Mapping[str, str], choice: Choice
) -> Sections:
    """Return the sections; charts of nobody would be empty boxes."""
    if page.face is Face.EMPTY:
        return Sections()
    return sections_of(page.experiment, results, query, choice)


def _usual_level(analysis: Analysis | None) -> str:
    """Return how wide the experiment's settings want its ranges, in per cent."""
    return str((analysis.settings if analysis else {}).get("level", USUAL))


def _is_uneven(results: Mapping[str, Any]) -> bool:
    """Tell whether the split itself withholds the verdict."""
    reasons = (results.get("verdict") or {}).get("reasons", ())
    return "split" in reasons


def _criteria(results: Mapping[str, Any]) -> tuple[FindingView, ...]:
    return criteria_of(results.get("verdict") or {})


def _kept(snapshot: Mapping[str, Any]) -> Analysis:
    """Return the analysis that a decision kept, as an unsaved row."""
    return Analysis(
        pk=snapshot["id"],
        phase=snapshot["phase"],
        settings=snapshot["settings"],
        settings_hash=snapshot["settings_hash"],
        code_version=snapshot["code_version"],
        sql="",
    )


def _face(experiment: Experiment, newest: Newest) -> Face:
    """Return which face the page shows: failed, computing, missing, stale, empty or ready."""
    if newest.failed:
        return Face.FAILED
    if newest.ready is None:
        return Face.COMPUTING if newest.pending else Face.MISSING
    if _settings_hash(experiment) != newest.ready.settings_hash:
        return Face.STALE
    has_units = any(variant["units"] for variant in newest.ready.report["variants"])
    return Face.READY if has_units else Face.EMPTY


def _settings_hash(experiment: Experiment) -> str:
    return services.settings_hash(services.analysis_settings(experiment))


def _changed(experiment: Experiment, newest: Newest, face: Face) -> list[str]:
    """Return the settings that changed since a stale report."""
    if face is not Face.STALE or newest.ready is None:
        return []
    now = services.analysis_settings(experiment)
    return services.changed_settings(newest.ready.settings, now)
