"""A shared report as its template shows it: the report's own views, of scrubbed results."""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.models import Analysis, Exploration, ShareLink
from analytics.sharing.scrubbing import scrubbed
from analytics.web.choices import NEEDS
from analytics.web.decision import DecisionView
from analytics.web.exploring import Answer, answer_of
from analytics.web.faces import Face, said
from analytics.web.findings import criteria_of
from analytics.web.page import ReportPage, with_results
from analytics.web.times import moment_text
from experiments.models import Experiment

UNDECIDED = DecisionView(
    recommended="",
    outcome="",
    tone="idle",
    shipped="",
    reason="",
    follow_up="",
    who="",
    when="",
    kept="",
    has_snapshot=False,
    is_over=False,
    url="",
)


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What a link shows; one of `report` and `exploration` is there."""

    title: str
    ends: str
    experiment: Experiment
    report: ReportPage | None = None
    exploration: Answer | None = None


def shared_page(link: ShareLink, query: Mapping[str, str]) -> SharedPage:
    """Return the page of a link; of the address only how to show it counts."""
    asked = {name: query[name] for name in NEEDS if name in query}
    shown = link.shared
    return SharedPage(
        title=link.title,
        ends=f"{link.expires_at:%-d %b %Y, %H:%M} UTC",
        experiment=link.experiment,
        report=_report(link, shown, asked) if isinstance(shown, Analysis) else None,
        exploration=_exploration(link, shown, asked) if isinstance(shown, Exploration) else None,
    )


def _report(link: ShareLink, analysis: Analysis, query: Mapping[str, str]) -> ReportPage:
    """Return the report as it stood; what has changed since does not show."""
    results = scrubbed(analysis.report)
    face = Face.READY if any(each["units"] for each in results["variants"]) else Face.EMPTY
    page = ReportPage(
        experiment=link.experiment,
        face=face,
        said=said(face, link.experiment, results),
        criteria=criteria_of(results.get("verdict") or {}),
        analysis=analysis,
        pending=None,
        failed=None,
        as_of=moment_text(link.experiment, analysis.data_cut_us),
        decision=UNDECIDED,
        is_frozen=True,
    )
    return with_results(page, results, query)


def _exploration(link: ShareLink, row: Exploration, query: Mapping[str, str]) -> Answer:
    row.results = scrubbed(row.report)
    return answer_of(link.experiment, row, query)
